import Testing

/// The real program against real peers, one test at a time: they share two processors.
@Suite(.serialized) struct EndToEnd {}
