/// What all metrics of a registry have in common.
public struct RegistryOptions: Sendable {
    /// Native buckets of every histogram, beside its classic ones and exposed in protobuf only;
    /// nil for none. With factor 1.1 a histogram then takes 4 KiB a shard.
    public var nativeHistograms: NativeHistograms?
    /// When the metrics began, in milliseconds since 1970; exposed with every counter and
    /// histogram, which in OpenMetrics is a series (`_created`) more for each. Nil leaves it out.
    public var createdMilliseconds: Int64?
    /// How much younger an observation must be to replace an exemplar.
    public var exemplarsKeptMilliseconds: Int64 = 1000

    /// Classic histograms, no creation times, exemplars kept for a second.
    public init() {}
}
