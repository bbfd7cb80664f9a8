import Prometheus
import Synchronization
import Glibc

enum Colour: String, LabelValue { case red, green, blue }
enum Size: String, LabelValue { case small, large }
func now() -> UInt64 { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return UInt64(t.tv_sec) * 1_000_000_000 + UInt64(t.tv_nsec) }

final class Plain: Sendable { let value = Atomic<UInt64>(0) }

@inline(never) func plain(_ p: Plain, _ n: Int) { for _ in 0..<n { p.value.wrappingAdd(1, ordering: .relaxed) } }
@inline(never) func counter(_ c: Counter, _ n: Int) { for _ in 0..<n { c.add(shard: 1) } }
@inline(never) func histogram(_ c: Histogram, _ n: Int) { for i in 0..<n { c.observe(nanoseconds: UInt64(i & 0xfffff) &* 16, shard: 1) } }
struct Metrics: Sendable { let c: Counters2<Colour, Size>; let h: Histograms2<Colour, Size> }
final class Box: Sendable { let m: Metrics; init(_ m: Metrics) { self.m = m } }
@inline(never) func labelled(_ b: Box, _ n: Int, _ x: Colour, _ y: Size) { for _ in 0..<n { b.m.c[x, y].add(shard: 1) } }
@inline(never) func labelledH(_ b: Box, _ n: Int, _ x: Colour, _ y: Size) { for i in 0..<n { b.m.h[x, y].observe(nanoseconds: UInt64(i & 0xfffff) &* 16, shard: 1) } }
let r = Registry(shards: 2)
let c = r.counter("a_total", help: "A.")
let h = r.histogram("a_seconds", help: "A.", bounds: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15])
let b = Box(Metrics(c: r.counters("b_total", help: "A.", labels: ("x", "y"), Colour.self, Size.self),
 h: r.histograms("b_seconds", help: "A.", labels: ("x", "y"), Colour.self, Size.self, bounds: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15])))
let p = Plain()
func time(_ name: String, _ body: () -> Void) { let n = now(); body(); print(name, Double(now() - n) / 1e7) }
for _ in 0..<3 {
time("plain") { plain(p, 10_000_000) }
time("counter") { counter(c, 10_000_000) }
time("histogram") { histogram(h, 10_000_000) }
time("labelled") { labelled(b, 10_000_000, .green, .large) }
time("labelledH") { labelledH(b, 10_000_000, .green, .large) }
}
