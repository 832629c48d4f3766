# Completion of synfin for fish. The options are asked of synfin itself, so that they are never out of date.

function __synfin_options
    synfin --help 2>/dev/null | string match -r '^ +-.*' | while read -l line
        set -l fields (string match -r '^ *(\S+) +(.*)$' -- $line)
        for name in (string split , -- $fields[2])
            printf '%s\t%s\n' (string replace -r ':.*' '' -- $name) $fields[3]
        end
    end
end

function __synfin_interfaces
    synfin -D 2>/dev/null | string replace -r '^ *\d+\. +(\S+).*' '$1'
end

complete -c synfin -f
complete -c synfin -n 'string match -q -- "-*" (commandline -ct)' -a '(__synfin_options)'
complete -c synfin -s i -l interface -x -a '(__synfin_interfaces)'
complete -c synfin -l view -x -a 'events timeline endpoints clients services netstat processes summary none'
complete -c synfin -l packets -x -a 'auto control all'
complete -c synfin -l log-format -x -a 'zeek json csv'
complete -c synfin -l report-format -x -a 'text json csv html md'
complete -c synfin -s Z -l user -x -a '(__fish_complete_users)'
for name in read write log log-file events report geoip geo-path filter-file rules state watch-file config
    complete -c synfin -l $name -r -F
end
for name in r F w o
    complete -c synfin -s $name -r -F
end
