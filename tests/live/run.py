#!/usr/bin/env python3
"""Live tests: compare synfin's records of real traffic with the traffic.

    run.py SYNFIN [CASE…]
    run.py --list            prints the names of the cases

Exits 0 if all cases pass, 1 if one fails, 77 if they cannot run, for example without root or network namespaces.
"""
import sys
import traceback

sys.dont_write_bytecode = True

import cases  # noqa: E402
import lab as labs  # noqa: E402
import outputs  # noqa: E402,F401  adds its cases to CASES
import processes  # noqa: E402,F401
import sandbox  # noqa: E402,F401
import senders  # noqa: E402,F401


def main():
    if sys.argv[1] == "--list":
        print("\n".join(cases.CASES))
        return 0
    reason = labs.missing()
    if reason:
        print(f"skipped: {reason}")
        return labs.SKIPPED
    wanted = sys.argv[2:] or list(cases.CASES)
    failed = skipped = 0
    for name in wanted:
        with labs.Lab(sys.argv[1]) as lab:
            try:
                cases.CASES[name](lab)
                print(f"{name}: passed")
            except cases.Skipped as why:
                skipped += 1
                print(f"{name}: skipped: {why}")
            except Exception:
                failed += 1
                print(f"{name}: failed")
                traceback.print_exc()
                for run in lab.runs:
                    print("--", run.process.args, run.errors, run.output, sep="\n")
    return 1 if failed else labs.SKIPPED if skipped == len(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
