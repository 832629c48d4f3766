# Completion of synfin for bash. Written by tools/options from the table of options in src/app.

# Not compgen -W, which would expand a name such as $(command).
_synfin_interfaces() {
  local name
  while read -r _ name _; do
    [[ $name != "$word"* ]] || COMPREPLY+=("$(printf %q "$name")")
  done < <(synfin -D 2>/dev/null)
}

_synfin() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD > 1)) && [[ "${COMP_WORDS[*]:1:1}" == "diff" ]]; then
    case $before in
      -o|--output|--ignore|--config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --format)
        mapfile -t COMPREPLY < <(compgen -W "text json html md" -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      --from|--sensor|--net|--port)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--format -o --output --ignore --all --sandbox --utc -h --help --from --sensor --net --port -v --verbose --config" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 1)) && [[ "${COMP_WORDS[*]:1:1}" == "report" ]]; then
    case $before in
      --config|-o|--report)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      --report-format)
        mapfile -t COMPREPLY < <(compgen -W "text json csv html md" -- "$word") ;;
      --from|--since|--until|--sensor|--net|--port)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--from --since --until --sensor --net --port --sandbox -v --verbose --utc --config -h --help -o --report --report-format" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 1)) && [[ "${COMP_WORDS[*]:1:1}" == "connections" ]]; then
    case $before in
      --config|--log)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      --log-format)
        mapfile -t COMPREPLY < <(compgen -W "zeek json csv" -- "$word") ;;
      --from|--since|--until|--sensor|--net|--port)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--from --since --until --sensor --net --port --sandbox -v --verbose --utc --config -h --help --log --log-format" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 1)) && [[ "${COMP_WORDS[*]:1:1}" == "inventory" ]]; then
    case $before in
      --state|-o|--output|--config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --format)
        mapfile -t COMPREPLY < <(compgen -W "text json csv html" -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      --port|--from|--since|--until|--sensor|--net)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--state --port --changes --format -o --output --utc --sandbox -h --help --from --since --until --sensor --net -v --verbose --config" -- "$word")
        else
          mapfile -t COMPREPLY < <(compgen -W "accept" -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 2)) && [[ "${COMP_WORDS[*]:1:2}" == "notify test" ]]; then
    case $before in
      --config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --host|--channel)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--host --channel --config -h --help" -- "$word")
        else
          :
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 2)) && [[ "${COMP_WORDS[*]:1:2}" == "config check" ]]; then
    case $before in
      -r|--read|-F|-w|--write|--log|--events|-o|--report|--log-file|--state|--expect|--watch-file|--spool|--filter-file|--rules|--geoip|--publish-config|--config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      -i|--interface)
        _synfin_interfaces ;;
      -Z|--user)
        mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
      --packets)
        mapfile -t COMPREPLY < <(compgen -W "auto control all" -- "$word") ;;
      --view)
        mapfile -t COMPREPLY < <(compgen -W "events timeline endpoints clients services netstat inventory processes summary none" -- "$word") ;;
      --log-format)
        mapfile -t COMPREPLY < <(compgen -W "zeek json csv" -- "$word") ;;
      --report-format)
        mapfile -t COMPREPLY < <(compgen -W "text json csv html md" -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      -c|--duration|--after|--before|-s|--snapshot-length|-B|--buffer-size|-C|-G|-W|--every|--port|--dest|-t|--time-unit|--width|--save-threshold|--digest-interval|--learn|--gone-after|--max-inventory|--store|--sensor|--spool-size|--show|--local-net|--dns-server|--dns-wait|--metrics|--publish|--max-connections|--max-memory|--max-hosts|--syn-timeout|--half-closed-timeout|--idle-timeout|--linger|--threads)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "-r --read -F -d -c --duration --after --before --packets --dedup --context-key --verify-checksums -i --interface -D --list-interfaces -s --snapshot-length -B --buffer-size -p --no-promiscuous-mode --immediate -Z --user -w --write -C -G -W --view --scroll --screen --each --every --port --dest -t --time-unit --width --log --log-format --events -o --report --report-format --save-threshold -l --utc --no-color -q --quiet -v --verbose --log-file --state --digest-interval --learn --expect --watch-file --gone-after --first-contact --max-inventory --store --sensor --spool --spool-size --ignore-loopback --filter-local --filter-file --show --rules --local-net --geoip --no-geoip --no-country --no-asn --process --cmdline -n --resolve-names --dns-server --dns-wait --metrics --publish --publish-config --max-connections --max-memory --max-hosts --syn-timeout --half-closed-timeout --idle-timeout --linger --threads --sandbox --config -h --help -V --version" -- "$word")
        else
          :
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 2)) && [[ "${COMP_WORDS[*]:1:2}" == "config import" ]]; then
    case $before in
      -o|--output|--watch-file)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "-o --output --watch-file -h --help" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 2)) && [[ "${COMP_WORDS[*]:1:2}" == "store init" ]]; then
    case $before in
      --config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      --cluster|--keep)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--print --cluster --keep --config -h --help" -- "$word")
        else
          :
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 2)) && [[ "${COMP_WORDS[*]:1:2}" == "store import" ]]; then
    case $before in
      -r|--read|-F|-w|--write|--log|--events|-o|--report|--log-file|--state|--expect|--watch-file|--spool|--filter-file|--rules|--geoip|--publish-config|--config)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      -i|--interface)
        _synfin_interfaces ;;
      -Z|--user)
        mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
      --packets)
        mapfile -t COMPREPLY < <(compgen -W "auto control all" -- "$word") ;;
      --view)
        mapfile -t COMPREPLY < <(compgen -W "events timeline endpoints clients services netstat inventory processes summary none" -- "$word") ;;
      --log-format)
        mapfile -t COMPREPLY < <(compgen -W "zeek json csv" -- "$word") ;;
      --report-format)
        mapfile -t COMPREPLY < <(compgen -W "text json csv html md" -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      -c|--duration|--after|--before|-s|--snapshot-length|-B|--buffer-size|-C|-G|-W|--every|--port|--dest|-t|--time-unit|--width|--save-threshold|--digest-interval|--learn|--gone-after|--max-inventory|--store|--sensor|--spool-size|--show|--local-net|--dns-server|--dns-wait|--metrics|--publish|--max-connections|--max-memory|--max-hosts|--syn-timeout|--half-closed-timeout|--idle-timeout|--linger|--threads)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "-r --read -F -d -c --duration --after --before --packets --dedup --context-key --verify-checksums -i --interface -D --list-interfaces -s --snapshot-length -B --buffer-size -p --no-promiscuous-mode --immediate -Z --user -w --write -C -G -W --view --scroll --screen --each --every --port --dest -t --time-unit --width --log --log-format --events -o --report --report-format --save-threshold -l --utc --no-color -q --quiet -v --verbose --log-file --state --digest-interval --learn --expect --watch-file --gone-after --first-contact --max-inventory --store --sensor --spool --spool-size --ignore-loopback --filter-local --filter-file --show --rules --local-net --geoip --no-geoip --no-country --no-asn --process --cmdline -n --resolve-names --dns-server --dns-wait --metrics --publish --publish-config --max-connections --max-memory --max-hosts --syn-timeout --half-closed-timeout --idle-timeout --linger --threads --sandbox --config -h --help -V --version" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD > 1)) && [[ "${COMP_WORDS[*]:1:1}" == "path" ]]; then
    case $before in
      -o|--output)
        compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      -Z|--user)
        mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
      --format)
        mapfile -t COMPREPLY < <(compgen -W "text json md" -- "$word") ;;
      --sandbox)
        mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
      --rows|--max-packets)
        : ;;
      *)
        if [[ $word == -* ]]; then
          mapfile -t COMPREPLY < <(compgen -W "--format -o --output --whole --rows --max-packets --utc -Z --user --sandbox -h --help" -- "$word")
        else
          compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi ;;
    esac
    return
  fi
  if ((COMP_CWORD == 2)) && [[ $word != -* && "${COMP_WORDS[*]:1:1}" == "notify" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "test" -- "$word")
    return
  fi
  if ((COMP_CWORD == 2)) && [[ $word != -* && "${COMP_WORDS[*]:1:1}" == "config" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "check import" -- "$word")
    return
  fi
  if ((COMP_CWORD == 2)) && [[ $word != -* && "${COMP_WORDS[*]:1:1}" == "store" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "init import" -- "$word")
    return
  fi
  if ((COMP_CWORD == 1)) && [[ $word != -* && "${COMP_WORDS[*]:1:0}" == "" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "diff report connections inventory notify config store path" -- "$word")
    return
  fi
  case $before in
    -r|--read|-F|-w|--write|--log|--events|-o|--report|--log-file|--state|--expect|--watch-file|--spool|--filter-file|--rules|--geoip|--publish-config|--config)
      compopt -o filenames 2>/dev/null || true; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    -i|--interface)
      _synfin_interfaces ;;
    -Z|--user)
      mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    --packets)
      mapfile -t COMPREPLY < <(compgen -W "auto control all" -- "$word") ;;
    --view)
      mapfile -t COMPREPLY < <(compgen -W "events timeline endpoints clients services netstat inventory processes summary none" -- "$word") ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W "zeek json csv" -- "$word") ;;
    --report-format)
      mapfile -t COMPREPLY < <(compgen -W "text json csv html md" -- "$word") ;;
    --sandbox)
      mapfile -t COMPREPLY < <(compgen -W "auto strict off" -- "$word") ;;
    -c|--duration|--after|--before|-s|--snapshot-length|-B|--buffer-size|-C|-G|-W|--every|--port|--dest|-t|--time-unit|--width|--save-threshold|--digest-interval|--learn|--gone-after|--max-inventory|--store|--sensor|--spool-size|--show|--local-net|--dns-server|--dns-wait|--metrics|--publish|--max-connections|--max-memory|--max-hosts|--syn-timeout|--half-closed-timeout|--idle-timeout|--linger|--threads)
      : ;;
    *) [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W "-r --read -F -d -c --duration --after --before --packets --dedup --context-key --verify-checksums -i --interface -D --list-interfaces -s --snapshot-length -B --buffer-size -p --no-promiscuous-mode --immediate -Z --user -w --write -C -G -W --view --scroll --screen --each --every --port --dest -t --time-unit --width --log --log-format --events -o --report --report-format --save-threshold -l --utc --no-color -q --quiet -v --verbose --log-file --state --digest-interval --learn --expect --watch-file --gone-after --first-contact --max-inventory --store --sensor --spool --spool-size --ignore-loopback --filter-local --filter-file --show --rules --local-net --geoip --no-geoip --no-country --no-asn --process --cmdline -n --resolve-names --dns-server --dns-wait --metrics --publish --publish-config --max-connections --max-memory --max-hosts --syn-timeout --half-closed-timeout --idle-timeout --linger --threads --sandbox --config -h --help -V --version" -- "$word") ;;
  esac
}

complete -F _synfin synfin
