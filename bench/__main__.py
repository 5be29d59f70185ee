"""`python -m bench [NAME …]`: prints tables and writes `.tessera/bench.json`, flat {name: number}.

Ratios are taken within one run, since machines differ and are shared; higher is better, but for the last.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("TESSERA_HOME") or ROOT / ".tessera").absolute()

# The benchmarks keep a database of their own, with fsync on, beside the demonstration's.
os.environ.update(
    TESSERA_ENV="demo",
    TESSERA_HOME=str(HOME / "bench"),
    TESSERA_DATABASE_ROLE="owner",
    DJANGO_SETTINGS_MODULE="marketplace.settings",
    LOG_LEVEL=os.environ.get("LOG_LEVEL", "ERROR"),
    CAP_EUR="1000000",
    MAX_OPEN_ASSIGNMENTS="100",
    SCREENING_LARGE_EUR="1000000000",
    PAYOUT_GATEWAYS="bank",
    BANK_IBAN="FR8730004000010000012345613",
    BANK_BIC="BNPAFRPPXXX",
    BANK_NAME="Bench",
    BANK_HOLDER="Bench",
    BANK_HOLDER_TOWN="Paris",
    PORT=os.environ.get("BENCH_PORT", "8917"),
)

SECTIONS = ("claims", "http", "imports", "ledger", "consensus", "payouts")
APART = ("pages",)  # run when named: it needs Chromium, and takes minutes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ", ".join((*SECTIONS, *APART))
    parser.add_argument("sections", nargs="*", help=f"of {names}; all but the last when none is named")
    parser.add_argument("--seconds", type=float, default=8, help="length of each timed run")
    options = parser.parse_args()
    unknown = set(options.sections) - {*SECTIONS, *APART}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    from bench import ground

    results: dict[str, float] = {}
    with ground.services(HOME / "bench"):
        for name in (*SECTIONS, *APART):
            if name in options.sections or (not options.sections and name in SECTIONS):
                module = __import__(f"bench.{name}", fromlist=["run"])
                print(f"\n== {name}: {module.__doc__.splitlines()[0]}", flush=True)
                results.update(module.run(seconds=options.seconds, known=results))
    path = HOME / "bench.json"
    kept = json.loads(path.read_text()) if path.exists() and options.sections else {}
    path.write_text(
        json.dumps(kept | {name: round(value, 4) for name, value in results.items()}, indent=2) + "\n"
    )
    print(f"\nwritten to {path.name}:")
    for name, value in results.items():
        print(f"  {name:<34}{value:>14.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
