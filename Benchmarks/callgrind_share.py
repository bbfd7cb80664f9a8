"""What part of a callgrind profile a set of source lines is.

The profile says how often each instruction ran (`--dump-instr=yes`), the debug information which lines of source an
instruction comes from, through every level of inlining (llvm-symbolizer). So code that was inlined is found where it
went, and the count is of one run of one build: nothing is compared that could differ for another reason.
"""
import json
import os
import re
import shutil
import subprocess
from collections import defaultdict


class Profile:
    """One thread's profile: how often each instruction ran, and what its calls cost."""

    def __init__(self, path):
        self.instructions = defaultdict(int)  # (object, address) → times
        self.function = {}  # (object, address) → (object, name of its function)
        self.calls = defaultdict(lambda: [0, 0])  # (caller's address, callee's function) → calls, instructions with callees
        position = re.compile(r"(0x[0-9a-f]+) (\d+)$")
        thing = name = other = callee = None
        pending = None
        for line in open(path):
            line = line.rstrip("\n")
            if found := position.match(line):
                place, cost = (thing, int(found[1], 16)), int(found[2])
                if pending:
                    record = self.calls[place, pending[1]]
                    record[0] += pending[0]
                    record[1] += cost
                    pending = other = None
                else:
                    self.instructions[place] += cost
                self.function[place] = (thing, name)
            elif line.startswith("ob="):
                thing = line[3:]
            elif line.startswith("fn="):
                name = line[3:]
            elif line.startswith("cob="):
                other = line[4:]
            elif line.startswith("cfn="):
                callee = line[4:]
            elif line.startswith("calls="):
                pending = (int(line[6:].split()[0]), (other or thing, callee))
        self.total = sum(self.instructions.values())

    def within(self, is_part):
        """The functions that are part as a whole, because nothing but parts calls them.

        `is_part` says of an instruction whether it is one by itself.
        """
        callers = defaultdict(set)
        for caller, callee in self.calls:
            callers[callee].add(caller)
        whole = set()
        while True:
            more = {
                function for function, places in callers.items()
                if function not in whole and all(is_part(place) or self.function[place] in whole for place in places)}
            if not more:
                return whole
            whole |= more


def stacks(program, addresses):
    """The lines of source that each address of a program comes from, innermost first."""
    order = sorted(addresses)
    # A Swift toolchain brings one.
    beside = os.path.join(os.path.dirname(os.path.realpath(shutil.which("swift") or "")), "llvm-symbolizer")
    symbolizer = beside if os.path.exists(beside) else "llvm-symbolizer"
    run = subprocess.run(
        [symbolizer, "--output-style=JSON", "--inlines", "--no-demangle", f"--obj={program}"],
        input="\n".join(map(hex, order)), capture_output=True, text=True, check=True)
    found = (json.loads(line) for line in run.stdout.splitlines() if line.strip())
    return {address: answer.get("Symbol", []) for address, answer in zip(order, found, strict=True)}
