"""Reads delimited io.prometheus.client.MetricFamily messages with a decoder of its own."""
import struct

LABEL = {1: ('name', 'text'), 2: ('value', 'text')}
TIME = {1: ('seconds', 'uint'), 2: ('nanos', 'uint')}
EXEMPLAR = {1: ('label', [LABEL]), 2: ('value', 'double'), 3: ('timestamp', TIME)}
BUCKET = {1: ('count', 'uint'), 2: ('bound', 'double'), 3: ('exemplar', EXEMPLAR)}
SPAN = {1: ('offset', 'sint'), 2: ('length', 'uint')}
HISTOGRAM = {
    1: ('count', 'uint'), 2: ('sum', 'double'), 3: ('bucket', [BUCKET]), 5: ('schema', 'sint'),
    6: ('zero_threshold', 'double'), 7: ('zero_count', 'uint'), 12: ('span', [SPAN]),
    13: ('delta', ['sint']), 15: ('created', TIME)}
METRIC = {
    1: ('label', [LABEL]), 2: ('gauge', {1: ('value', 'double')}),
    3: ('counter', {1: ('value', 'double'), 2: ('exemplar', EXEMPLAR), 3: ('created', TIME)}),
    7: ('histogram', HISTOGRAM)}
FAMILY = {
    1: ('name', 'text'), 2: ('help', 'text'), 3: ('type', 'uint'), 4: ('metric', [METRIC]),
    5: ('unit', 'text')}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            if byte == 0 and shift > 7:
                raise ValueError('a number is longer than it need be')
            return value, at


def decode(data, fields):
    message, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        name, kind = fields[tag >> 3]  # a field that is not known here is a fault
        repeated = isinstance(kind, list)
        kind = kind[0] if repeated else kind
        expected = {'uint': 0, 'sint': 0, 'double': 1}.get(kind if isinstance(kind, str) else '', 2)
        if tag & 7 != expected:
            raise ValueError(f'{name} has wire type {tag & 7}')
        if expected == 1:
            value, at = struct.unpack('<d', data[at:at + 8])[0], at + 8
        else:
            value, at = varint(data, at)
            if kind == 'sint':
                value = (value >> 1) ^ -(value & 1)
            elif expected == 2:
                if at + value > len(data):
                    raise ValueError(f'{name} ends behind its message')
                part, at = data[at:at + value], at + value
                value = part.decode() if kind == 'text' else decode(part, kind)
        if repeated:
            message.setdefault(name, []).append(value)
        elif name in message:
            raise ValueError(f'{name} comes twice')
        else:
            message[name] = value
    return message


def families(path):
    with open(path, 'rb') as file:
        data = file.read()
    at = 0
    while at < len(data):
        length, at = varint(data, at)
        if at + length > len(data):
            raise ValueError('the last family is cut off')
        yield decode(data[at:at + length], FAMILY)
        at += length


def native_buckets(histogram):
    """Absolute counts by index."""
    deltas, counts, index, level = iter(histogram.get('delta', [])), {}, 0, 0
    for span in histogram.get('span', []):
        index += span.get('offset', 0)
        for _ in range(span['length']):
            level += next(deltas)
            counts[index] = level
            index += 1
    if next(deltas, None) is not None:
        raise ValueError('more deltas than the spans have buckets')
    return counts


def check_histogram(name, histogram, faults):
    bounds = [bucket['bound'] for bucket in histogram['bucket']]
    counts = [bucket['count'] for bucket in histogram['bucket']]
    if bounds != sorted(set(bounds)) or bounds[-1] != float('inf'):
        faults.append(f'{name}: bounds {bounds}')
    if counts != sorted(counts) or counts[-1] != histogram['count']:
        faults.append(f'{name}: counts {counts} of {histogram["count"]}')
    lower = -1.0
    for bucket in histogram['bucket']:
        exemplar = bucket.get('exemplar')
        if exemplar and not lower < exemplar['value'] <= bucket['bound']:
            faults.append(f'{name}: exemplar {exemplar} outside {lower} to {bucket["bound"]}')
        if exemplar and not exemplar.get('timestamp', {}).get('seconds'):
            faults.append(f'{name}: exemplar without a time')
        lower = bucket['bound']
    if 'schema' not in histogram:
        return
    native = native_buckets(histogram)
    total = sum(native.values()) + histogram.get('zero_count', 0)
    if total != histogram['count'] or min(native.values(), default=0) < 0:
        faults.append(f'{name}: native buckets hold {total} of {histogram["count"]}')
    # Both kinds count the same: no native bucket that ends below a bound holds more than it.
    base = 2.0 ** (2.0 ** -histogram['schema'])
    for bound, count in zip(bounds, counts):
        inside = sum(c for i, c in native.items() if base ** i <= bound * (1 - 1e-9))
        touching = sum(c for i, c in native.items() if base ** (i - 1) < bound)
        zero = histogram.get('zero_count', 0)
        if not inside + zero <= count <= touching + zero:
            faults.append(f'{name}: classic {count} up to {bound}, native {inside} to {touching}')


def check(path):
    faults = []
    names, series = set(), set()
    try:
        for family in families(path):
            if family['name'] in names or not family.get('help') or 'type' not in family:
                faults.append(f'{family["name"]}: twice, or without help or type')
            names.add(family['name'])
            if 'unit' in family and not family['name'].removesuffix('_total').endswith(
                    '_' + family['unit']):
                faults.append(f'{family["name"]} has the unit {family["unit"]}')
            for metric in family['metric']:
                show(family, metric, series, faults)
    except (ValueError, KeyError, IndexError, StopIteration) as error:
        faults.append(f'not decodable: {error!r}')
    return faults


def show(family, metric, series, faults):
    labels = ','.join(f'{l["name"]}="{l["value"]}"' for l in metric.get('label', []))
    name = family['name'] + ('{' + labels + '}' if labels else '')
    if name in series:
        faults.append(f'{name} comes twice')
    series.add(name)
    kinds = {0: 'counter', 1: 'gauge', 4: 'histogram'}
    value = metric[kinds[family['type']]]
    if 'histogram' not in metric:
        exemplar = value.get('exemplar')
        tail = f' # {exemplar}' if exemplar else ''
        return print(f'{name} {value["value"]:g}{tail}')
    check_histogram(name, value, faults)
    classic = ' '.join(f'{b["bound"]}:{b["count"]}' for b in value['bucket'])
    print(f'{name} count {value["count"]} sum {value["sum"]:g} classic {classic}')
    if 'schema' in value:
        native = ' '.join(f'{i}:{c}' for i, c in native_buckets(value).items())
        print(f'{name} schema {value["schema"]} threshold {value["zero_threshold"]:g} '
              f'zero {value.get("zero_count", 0)} native {native}')
