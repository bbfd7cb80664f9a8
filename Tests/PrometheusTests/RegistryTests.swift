import Testing

@testable import Prometheus

struct RegistryTests {
    @Test func `every label combination is 0 from the start`() {
        let registry = Registry(shards: 2)
        _ = registry.counters(
            "test_ab_total", help: "AB.", labels: ("colour", "size"), Colour.self, Size.self)
        _ = registry.histograms2ForTests()
        let exposition = Exposition(registry)
        for colour in Colour.allCases {
            for size in Size.allCases {
                let labels = "colour=\"\(colour.rawValue)\",size=\"\(size.rawValue)\""
                #expect(exposition.value("test_ab_total{\(labels)}") == "0")
                #expect(exposition.value("test_mix_seconds_count{\(labels)}") == "0")
                #expect(exposition.value("test_mix_seconds_sum{\(labels)}") == "0")
                for bound in ["0.5", "1.0", "+Inf"] {
                    let series = "test_mix_seconds_bucket{\(labels),le=\"\(bound)\"}"
                    #expect(exposition.value(series) == "0")
                }
            }
        }
        #expect(exposition.samples.count == 6 + 6 * 5)
    }

    @Test func `each label combination has a counter of its own`() {
        let registry = Registry(shards: 2)
        let counters = registry.counters(
            "test_ab_total", help: "AB.", labels: ("colour", "size"), Colour.self, Size.self)
        var amount: UInt64 = 0
        for colour in Colour.allCases {
            for size in Size.allCases {
                amount += 1
                counters[colour, size].add(amount, shard: Int(amount))
            }
        }
        let values = Exposition(registry).samples.map { $0.split(separator: " ")[1] }
        #expect(values == ["1", "2", "3", "4", "5", "6"])
    }

    @Test func `each label combination has a histogram of its own`() {
        let registry = Registry(shards: 2)
        let histograms = registry.histograms2ForTests()
        histograms[.green, .small].observe(seconds: 0.75, shard: 1)
        let counts = Exposition(registry).samples.filter { !$0.hasSuffix(" 0") }
        #expect(
            counts == [
                "test_mix_seconds_bucket{colour=\"green\",size=\"small\",le=\"1.0\"} 1",
                "test_mix_seconds_bucket{colour=\"green\",size=\"small\",le=\"+Inf\"} 1",
                "test_mix_seconds_sum{colour=\"green\",size=\"small\"} 0.75",
                "test_mix_seconds_count{colour=\"green\",size=\"small\"} 1",
            ])
    }

    @Test func `a gauge is absent until it is set and after it is unset`() {
        let registry = Registry(shards: 2)
        let gauge = registry.gauge("test_level", help: "Level.")
        #expect(Exposition(registry).value("test_level") == nil)
        gauge.set(0)
        #expect(Exposition(registry).value("test_level") == "0")
        #expect(gauge.value == 0)
        gauge.set(nil)
        #expect(Exposition(registry).samples.isEmpty)
        #expect(gauge.value == nil)
    }

    @Test func `a labelled gauge is absent for the values that were not set`() {
        let registry = Registry(shards: 2)
        let gauges = registry.gauges("test_level", help: "Level.", label: "colour", Colour.self)
        gauges[.blue].set(1_234_567)
        #expect(Exposition(registry).samples == ["test_level{colour=\"blue\"} 1.234567e+06"])
    }

    @Test func `a value that cannot be read is absent`() {
        let registry = Registry(shards: 1)
        registry.gauges(
            "test_depth", help: "Depth.", labels: ("colour", "size", "only"), Colour.self,
            Size.self, Only.self
        ) { colour, size, _ in colour == .green && size == .large ? 5 : nil }
        registry.counter("test_cpu_seconds_total", help: "CPU.") { nil }
        #expect(
            Exposition(registry).samples == [
                "test_depth{colour=\"green\",size=\"large\",only=\"one\"} 5"
            ])
    }

    @Test func `the number of shards is rounded up to a power of two`() {
        #expect(
            [-1, 0, 1, 2, 3, 5, 8].map { Registry(shards: $0).shards } == [1, 1, 1, 2, 4, 8, 8])
    }

    @Test func `any shard number is safe`() {
        let registry = Registry(shards: 3)
        let counter = registry.counter("test_events_total", help: "Events.")
        for shard in [-1, 0, 3, 4, 1000, Int.max, Int.min] { counter.add(shard: shard) }
        #expect(counter.value == 7)
    }

    @Test func `shards and constants lie in cache lines of their own`() {
        let block = CellBlock(constants: [1, 2, 3], cellsPerShard: 17, shards: 2)
        let constants = UInt(bitPattern: block.constants.pointer)
        let cells = UInt(bitPattern: block.cells.pointer)
        #expect(constants % 128 == 0)
        #expect(cells == constants + 128)
        #expect(block.stride == 32)
    }

    @Test func `an instrument outlives its registry`() {
        let counter = Registry(shards: 1).counter("test_events_total", help: "Events.")
        counter.add(2, shard: 0)
        #expect(counter.value == 2)
    }

    @Test func `rendering twice into one buffer neither grows nor moves it`() {
        let registry = TextFormatTests.everything()
        var buffer: [UInt8] = []
        registry.renderText(into: &buffer)
        let first = buffer.count
        // Process metrics may need a digit more in the second text.
        buffer.reserveCapacity(first + 256)
        let address = buffer.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        buffer.removeAll(keepingCapacity: true)
        registry.renderText(into: &buffer)
        #expect(buffer.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } == address)
        #expect(abs(buffer.count - first) < 256)
    }

    @Test func `a name that is taken traps at registration`() async {
        await #expect(processExitsWith: .failure) {
            let registry = Registry(shards: 1)
            _ = registry.counter("test_events_total", help: "Events.")
            _ = registry.counter("test_events_total", help: "Events.")
        }
    }
}
