"""The table of pairs."""

import dataclasses
import time
import traceback


@dataclasses.dataclass
class Row:
    written: str  # by what
    read: str
    what: str
    passed: bool
    found: str


class Table:
    def __init__(self, say):
        self.rows = []
        self._say = say  # takes a line, for people who wait

    def check(self, written, read, what, function):
        """Adds a row: function returns what it found, or raises if the pair fails."""
        start = time.monotonic()
        try:
            found, passed = function(), True
        except Exception as e:  # A part that breaks is a pair that fails; the others go on.
            found, passed = " ".join(str(e).split())[:300] or type(e).__name__, False
            if not isinstance(e, (Differs, OSError)):
                traceback.print_exc()
        self.rows.append(Row(written, read, what, passed, found))
        took = time.monotonic() - start
        self._say(f"{'PASS' if passed else 'FAIL'} {written} -> {read}: {what}: {found} ({took:.1f} s)")

    def failed(self):
        return sum(not r.passed for r in self.rows)

    def markdown(self, versions):
        """What passed in which direction, then each direction's pairs. versions: of the
        programs, by the names that pairs have."""
        groups = {}
        for r in self.rows:
            groups.setdefault((r.written, r.read), []).append(r)
        lines = ["| written by | read by | with | pairs that pass |", "|---|---|---|---|"]
        for (written, read), rows in groups.items():
            passed = sum(r.passed for r in rows)
            with_ = versions[written if read == "bitnet" else read]
            lines.append(f"| {written} | {read} | {with_} | {passed} of {len(rows)} |")
        for (written, read), rows in groups.items():
            lines += ["", f"### {written} to {read}", "", "| what | found |", "|---|---|"]
            for r in rows:
                cells = [r.what, ("" if r.passed else "**FAIL** ") + r.found]
                lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
        return "\n".join(lines)


class Differs(Exception):
    """Two programs do not agree."""


def require(condition, text):
    if not condition:
        raise Differs(text)
