#!/bin/bash
# Checks that bash, and fish if it is installed, complete options, views and files; and that zsh can parse its completion.
#
#     completions.sh SYNFIN SOURCE_DIR
set -eu
PATH=$(dirname "$1"):$PATH
cd "$2"
failed=0

expect() {  # what, expected word, words completed
  case " ${*:3} " in
    *" $2 "*) ;;
    *) echo "$1: no '$2' among: ${*:3}"; failed=1 ;;
  esac
}

# shellcheck source=/dev/null
source tools/completions/synfin.bash
complete_bash() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _synfin
}
complete_bash synfin --repo;               expect "bash, option" --report-format "${COMPREPLY[@]}"
complete_bash synfin --view t;             expect "bash, view" timeline "${COMPREPLY[@]}"
complete_bash synfin -r pcaps/half-c;      expect "bash, file" pcaps/half-closed.pcap "${COMPREPLY[@]}"
complete_bash synfin path --who;           expect "bash, subcommand's option" --whole "${COMPREPLY[@]}"
complete_bash synfin path --format j;      expect "bash, subcommand's word" json "${COMPREPLY[@]}"
complete_bash synfin path pcaps/half-c;    expect "bash, subcommand's file" pcaps/half-closed.pcap "${COMPREPLY[@]}"
complete_bash synfin diff --ig;            expect "bash, option of diff" --ignore "${COMPREPLY[@]}"
complete_bash synfin diff --fr;            expect "bash, option of diff for a store" --from "${COMPREPLY[@]}"
complete_bash synfin diff --format h;      expect "bash, format of diff" html "${COMPREPLY[@]}"
complete_bash synfin diff pcaps/half-c;    expect "bash, input of diff" pcaps/half-closed.pcap "${COMPREPLY[@]}"
complete_bash synfin inv;                  expect "bash, subcommand" inventory "${COMPREPLY[@]}"
complete_bash synfin inventory --ch;       expect "bash, option of inventory" --changes "${COMPREPLY[@]}"
complete_bash synfin inventory --sen;      expect "bash, option of inventory for a store" --sensor "${COMPREPLY[@]}"
complete_bash synfin inventory acc;        expect "bash, word of inventory" accept "${COMPREPLY[@]}"
complete_bash synfin inventory --format c; expect "bash, format of inventory" csv "${COMPREPLY[@]}"
complete_bash synfin notify t;             expect "bash, word of notify" test "${COMPREPLY[@]}"
complete_bash synfin notify test --cha;    expect "bash, option of notify test" --channel "${COMPREPLY[@]}"
complete_bash synfin config imp;           expect "bash, word of config" import "${COMPREPLY[@]}"
complete_bash synfin config import --wa;   expect "bash, option of config import" --watch-file "${COMPREPLY[@]}"
complete_bash synfin sto;                  expect "bash, subcommand" store "${COMPREPLY[@]}"
complete_bash synfin store im;             expect "bash, word of store" import "${COMPREPLY[@]}"
complete_bash synfin store init --ke;      expect "bash, option of store init" --keep "${COMPREPLY[@]}"
complete_bash synfin store import --spo;   expect "bash, option of store import" --spool "${COMPREPLY[@]}"
complete_bash synfin config check --vi;    expect "bash, option of config check" --view "${COMPREPLY[@]}"
(
  ran=$(mktemp -u)
  export ran
  synfin() { printf ' 1. $(touch${IFS}$ran)  up\n 2. eth0  up, running\n'; }
  complete_bash synfin -i ""
  expect "bash, interface" eth0 "${COMPREPLY[@]}"
  [[ ! -e $ran ]] || { echo "bash: the name of an interface was executed"; failed=1; }
  exit $failed
) || failed=1
complete_bash synfin -t;                   expect "bash, short option" -t "${COMPREPLY[@]}"

if command -v fish >/dev/null; then
  complete_fish() { fish --no-config -c "source tools/completions/synfin.fish; complete -C '$1'" | cut -f1 | tr '\n' ' '; }
  # shellcheck disable=SC2046
  expect "fish, option" --report-format $(complete_fish "synfin --repo")
  # shellcheck disable=SC2046
  expect "fish, option of diff" --ignore $(complete_fish "synfin diff --ig")
  # shellcheck disable=SC2046
  expect "fish, view" timeline $(complete_fish "synfin --view t")
  # shellcheck disable=SC2046
  expect "fish, subcommand" --whole $(complete_fish "synfin path --who")
  # shellcheck disable=SC2046
  expect "fish, name of a subcommand" inventory $(complete_fish "synfin inv")
  # shellcheck disable=SC2046
  expect "fish, word of config" import $(complete_fish "synfin config imp")
  # shellcheck disable=SC2046
  expect "fish, option of config import" --watch-file $(complete_fish "synfin config import --wa")
fi
if command -v zsh >/dev/null; then zsh -n tools/completions/_synfin || failed=1; fi
exit $failed
