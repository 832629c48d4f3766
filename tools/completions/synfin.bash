# Completion of synfin for bash. The options are asked of synfin itself, so that they are never out of date.

_synfin_options() {
  synfin --help 2>/dev/null | awk '$1 ~ /^-/ { split($1, names, ","); for (i in names) { sub(/:.*/, "", names[i]); print names[i] } }'
}

_synfin_interfaces() {
  synfin -D 2>/dev/null | awk '{ print $2 }'
}

_synfin_files() {
  compopt -o filenames 2>/dev/null || true
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_synfin_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_synfin() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case $before in
    -r|--read|-F|-w|--write|--log|--log-file|--events|-o|--report|--geoip|--geo-path|--filter-file|--rules|--state|--watch-file|--config)
      _synfin_files "$word" ;;
    -i|--interface)
      _synfin_words "$(_synfin_interfaces)" "$word" ;;
    --view)
      _synfin_words "events timeline endpoints clients services netstat processes summary none" "$word" ;;
    --packets)
      _synfin_words "auto control all" "$word" ;;
    --log-format)
      _synfin_words "zeek json csv" "$word" ;;
    --report-format)
      _synfin_words "text json csv html md" "$word" ;;
    -Z|--user)
      mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    *)
      [[ $word == -* ]] && _synfin_words "$(_synfin_options)" "$word" ;;
  esac
}

complete -F _synfin synfin
