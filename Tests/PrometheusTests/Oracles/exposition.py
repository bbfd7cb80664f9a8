"""Judges an exposition with the parsers of the PyPI package prometheus-client and with checks that
no parser makes. Shares no code with the product.

    exposition.py check text|openmetrics PAGE [LATER_PAGE]
    exposition.py judge text|openmetrics PAGE...
    exposition.py same TEXT_PAGE OPENMETRICS_PAGE
    exposition.py protobuf PAGE...

`check` prints the number of samples and of exemplars; with a later page of the same process it
also demands that nothing that counts went backwards and that no series came or went but gauges.
`judge` prints for each page whether it is good or what is the first fault.
`same` demands the same series in both pages. `protobuf` checks delimited protobuf pages and
prints them as text. Faults go to standard error, one a line, with exit status 1.
"""
import re
import sys

import protobuf_page

SAMPLE = re.compile(
    r'^(?P<name>[a-z_:][a-z0-9_:]*)(?:\{(?P<labels>.*?)\})? (?P<value>[^ ]+)'
    r'(?: # \{(?P<exemplar>[^}]*)\} (?P<observed>[^ ]+)(?: (?P<time>[^ ]+))?)?$')
LABEL = re.compile(r'([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
NUMBER = re.compile(r'^(?:\d+\.\d+(?:e[+-]\d\d+)?|\d+e[+-]\d\d+|\+Inf)$')


class Page:
    """An exposition taken apart line by line."""

    def __init__(self, path, kind):
        self.kind = kind
        self.faults = []
        self.types, self.helps, self.series, self.exemplars = {}, {}, {}, {}
        with open(path, encoding='utf-8', newline='') as file:
            self.text = file.read()
        if not self.text.endswith('\n'):
            self.fault('the last line does not end')
        for line in self.text.split('\n')[:-1]:
            self.read(line)
        if (kind == 'openmetrics') != self.text.endswith('\n# EOF\n'):
            self.fault('EOF is missing or where it must not be')

    def fault(self, sentence):
        self.faults.append(sentence)

    def read(self, line):
        if line == '# EOF':
            return
        if line.startswith('#'):
            return self.read_metadata(line)
        match = SAMPLE.match(line)
        if not match:
            return self.fault(f'no sample: {line}')
        labels = dict(LABEL.findall(match['labels'] or ''))
        if ''.join(f'{k}="{v}",' for k, v in labels.items())[:-1] != (match['labels'] or ''):
            self.fault(f'labels are not written as both formats want: {line}')
        series = (match['name'], tuple(sorted(labels.items())))
        if series in self.series:
            self.fault(f'comes twice: {line}')
        self.series[series] = float(match['value'])
        le = labels.get('le')
        if match['name'].endswith('_bucket') and not (le and NUMBER.match(le)):
            self.fault(f'bound without a point: {line}')
        family = self.family(match['name'])
        if family not in self.types or family not in self.helps:
            self.fault(f'no TYPE or no HELP before: {line}')
        if match['exemplar'] is not None:
            self.read_exemplar(line, match, series)

    def read_metadata(self, line):
        words = line.split(' ', 3)
        if len(words) < 4 or words[1] not in ('TYPE', 'HELP', 'UNIT'):
            return self.fault(f'a comment: {line}')
        known = {'TYPE': self.types, 'HELP': self.helps}.get(words[1])
        if known is not None:
            if words[2] in known:
                self.fault(f'{words[1]} comes twice: {line}')
            known[words[2]] = words[3]
        if words[1] == 'UNIT' and not words[2].endswith('_' + words[3]):
            self.fault(f'the unit is not the end of the name: {line}')

    def read_exemplar(self, line, match, series):
        labels = LABEL.findall(match['exemplar'])
        if self.kind == 'text':
            return self.fault(f'an exemplar in 0.0.4: {line}')
        if not match['name'].endswith(('_bucket', '_total')):
            self.fault(f'an exemplar on another sample: {line}')
        if not labels or sum(len(k) + len(v) for k, v in labels) > 128:
            self.fault(f'an exemplar without labels, or over 128 code points: {line}')
        if match['time'] is None:
            self.fault(f'an exemplar without a time: {line}')
        self.exemplars[series] = (match['exemplar'], match['observed'], match['time'])

    def check_exemplars(self):
        """An exemplar's value lies inside its bucket."""
        for name, labels in self.exemplars:
            if not name.endswith('_bucket'):
                continue
            rest = [pair for pair in labels if pair[0] != 'le']
            bounds = sorted(
                float(dict(ls)['le']) for n, ls in self.series
                if n == name and [p for p in ls if p[0] != 'le'] == rest)
            upper = float(dict(labels)['le'])
            below = [bound for bound in bounds if bound < upper]
            value = float(self.exemplars[name, labels][1])
            if value > upper or (below and value <= below[-1]):
                self.fault(f'exemplar {value} is not in the bucket {upper} of {name}')

    def check_histograms(self):
        """For 0.0.4 too: count is the last bucket, buckets do not fall."""
        for (name, labels), value in self.series.items():
            stem = name[:-len('_count')]
            if not name.endswith('_count') or self.types.get(stem) != 'histogram':
                continue
            buckets = sorted(
                (float(dict(ls)['le']), v) for (n, ls), v in self.series.items()
                if n == stem + '_bucket' and tuple(p for p in ls if p[0] != 'le') == labels)
            counts = [v for _, v in buckets]
            if not buckets or buckets[-1] != (float('inf'), value) or counts != sorted(counts):
                self.fault(f'{name}{dict(labels)} {value} unlike its buckets {buckets}')
            if (stem + '_sum', labels) not in self.series:
                self.fault(f'{stem} has no sum')

    def family(self, name):
        if self.kind == 'text' and name in self.types:
            return name
        for suffix in ('_total', '_created', '_bucket', '_sum', '_count', '_info'):
            if name.endswith(suffix) and name[:-len(suffix)] in self.types:
                return name[:-len(suffix)]
        return name

    def counts(self, name):
        kind = self.types.get(self.family(name))
        return kind == 'counter' or kind == 'histogram'

    def check_client_parser(self):
        # Here, because the import takes a quarter of a second.
        if self.kind == 'openmetrics':
            from prometheus_client.openmetrics import parser
        else:
            from prometheus_client import parser
        try:
            families = list(parser.text_string_to_metric_families(self.text))
        except Exception as error:  # the parsers raise several kinds
            return self.fault(f'prometheus-client: {error}')
        seen = sum(len(family.samples) for family in families)
        if seen != len(self.series):
            self.fault(f'prometheus-client sees {seen} samples, there are {len(self.series)}')

    def check(self):
        self.check_client_parser()
        self.check_exemplars()
        self.check_histograms()
        return self


def check(kind, path, later=None):
    page = Page(path, kind).check()
    faults = page.faults
    if later:
        second = Page(later, kind).check()
        faults = faults + second.faults
        for series, value in page.series.items():
            if page.counts(series[0]) and second.series.get(series, -1) < value:
                faults.append(f'{series} went from {value} to {second.series.get(series)}')
        for series in page.series.keys() ^ second.series.keys():
            if page.counts(series[0]) or second.counts(series[0]):
                faults.append(f'{series} came or went')
    print(f'samples {len(page.series)} exemplars {len(page.exemplars)}')
    return faults


def same(text, other):
    first, second = Page(text, 'text').check(), Page(other, 'openmetrics').check()
    different = first.series.keys() ^ second.series.keys()
    return first.faults + second.faults + [f'only in one format: {s}' for s in different]


def judge(kind, *paths):
    for path in paths:
        faults = Page(path, kind).check().faults
        print(repr(faults[0]) if faults else 'good')
    return []


def main():
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == 'protobuf':
        faults = [fault for path in arguments for fault in protobuf_page.check(path)]
    else:
        faults = {'check': check, 'judge': judge, 'same': same}[verb](*arguments)
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
