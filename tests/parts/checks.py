"""What a run checks: each thing is said as it holds, and the first that does not ends the run."""
import sys

passed = 0


def check(holds, what, more=""):
    global passed
    if not holds:
        sys.exit(f"FAILED {what}\n{more}")
    passed += 1
    print(f"ok {what}", flush=True)


def summary(more=""):
    print(f"{passed} passed, 0 failed{more}")
