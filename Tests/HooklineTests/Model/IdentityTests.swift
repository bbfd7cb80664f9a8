import Testing

@testable import Hookline

@Suite struct IdentityTests {
    private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    @Test func `X4 an identity depends on account, SID, status and error code and nothing else`() {
        let message = Identity(account: bytes("AC1"), messageSID: bytes("SM1"))
        #expect(message == Identity(account: bytes("AC1"), messageSID: bytes("SM1")))
        let others = [
            Identity(account: bytes("AC2"), messageSID: bytes("SM1")),
            Identity(account: bytes("AC1"), messageSID: bytes("SM2")),
            Identity(account: bytes("AC1S"), messageSID: bytes("M1")),
            Identity(account: bytes("AC1"), messageSID: bytes("SM1"), status: [], errorCode: []),
            Identity(
                account: bytes("AC1"), messageSID: bytes("SM1"), status: bytes("sent"),
                errorCode: []),
            Identity(
                account: bytes("AC1"), messageSID: bytes("SM1"), status: bytes("failed"),
                errorCode: bytes("1")),
            Identity(
                account: bytes("AC1"), messageSID: bytes("SM1"), status: bytes("failed1"),
                errorCode: []),
            Identity(target: bytes("AC1"), body: Array("SM1".utf8), signature: []),
        ]
        #expect(Set(others + [message]).count == others.count + 1)
    }

    @Test func `the idempotency key is 32 digits and survives storage`() {
        let identity = Identity(account: bytes("AC1"), messageSID: bytes("SM1"))
        #expect(identity.idempotencyKey.utf8.count == 32)
        #expect(Identity(stored: identity.bytes).idempotencyKey == identity.idempotencyKey)
        // A change of this key makes every stored message new. It changed once, before the first
        // release, when what a message says became a part of its identity.
        #expect(identity.idempotencyKey == "7998f291490b78d06532818b8d692c84")
    }
}
