import POSIX
import Prometheus

extension RegistryOptions {
    /// What the configuration says of all metrics. Native buckets grow by at most 1.1, which is
    /// schema 3, and a histogram exposes at most 160 of them.
    init(_ configuration: Configuration) {
        self.init()
        if configuration.nativeHistograms { nativeHistograms = NativeHistograms(factor: 1.1) }
        if configuration.createdTimestamps { createdMilliseconds = WallClock.nowMilliseconds() }
    }
}
