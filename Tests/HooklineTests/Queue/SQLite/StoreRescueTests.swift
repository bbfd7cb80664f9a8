import POSIX
import TestSupport
import Testing

@testable import Hookline

@Suite struct StoreRescueTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let store: DeliveryStore
    private let room = DiskRoom(diskBytes: 16 << 20)

    init() throws {
        folder = try TemporaryFolder()
        // Only its status is used: the store of the rescue is another one.
        live = try LiveStore(path: folder.path("other"))
        store = try DeliveryStore(path: folder.path("store"))
    }

    private func ballast(_ room: DiskRoom) -> Ballast {
        Ballast(folder: folder.path, path: folder.path("ballast"), room: room)
    }

    private var trouble: UnavailableCause? { live.group.status.trouble }

    @Test func `the log and the ballast are small on a small disk, and the ballast is larger`() {
        for mebibytes: UInt64 in [1, 8, 24, 128, 512, 100_000] {
            let room = DiskRoom(diskBytes: mebibytes << 20)
            #expect(room.ballastBytes > UInt64(room.logBytes))
            #expect(room.logBytes <= 32 << 20)
            if mebibytes >= 24 { #expect(room.ballastBytes < mebibytes << 20 / 10) }
        }
        #expect(DiskRoom(diskBytes: nil).logBytes == 32 << 20)
    }

    @Test func `the ballast takes its room and gives it back`() {
        let ballast = ballast(room)
        #expect(ballast.bytes == 0)
        #expect(ballast.take() == .taken)
        #expect(ballast.bytes == room.ballastBytes)
        #expect(ballast.take() == .taken)
        ballast.release()
        #expect(ballast.bytes == 0)
        let other = Ballast(folder: folder.path, path: folder.path("no/ballast"), room: room)
        guard case .impossible = other.take() else {
            Issue.record("a ballast without a folder")
            return
        }
    }

    @Test func `a full disk is refused until the ballast and a commit have room again`() {
        let ballast = ballast(room)
        let rescue = StoreRescue(store: store, group: live.group, ballast: ballast)
        #expect(trouble == nil && ballast.bytes == room.ballastBytes)
        #expect(rescue.failed(.full))
        #expect(trouble == .diskFull && live.group.status.isRefusing && ballast.bytes == 0)
        #expect(live.group.refusalCause == .diskFull)
        // The same again brings no new room, and a commit is no proof that there is some.
        #expect(!rescue.failed(.full))
        rescue.committed(messages: 3)
        #expect(trouble == .diskFull)
        let now = MonotonicClock.now()
        #expect(!rescue.turn(nowNanoseconds: now))
        #expect(rescue.turn(nowNanoseconds: now + 1_000_000_000))
        #expect(trouble == nil && ballast.bytes == room.ballastBytes)
    }

    @Test func `a ballast that cannot be made is no trouble`() {
        let path = folder.path("none")
        let missing = Ballast(folder: path, path: path + "/ballast", room: room)
        _ = StoreRescue(store: store, group: live.group, ballast: missing)
        #expect(trouble == nil)
    }

    @Test func `one failure is a hiccup, two in a row are trouble, and a commit ends it`() {
        let rescue = StoreRescue(store: store, group: live.group, ballast: nil)
        rescue.failed(.busy)
        #expect(trouble == nil)
        rescue.committed(messages: 0)
        rescue.failed(.inputOutput)
        #expect(trouble == nil)
        rescue.failed(.inputOutput)
        #expect(trouble == .storeFailing && !live.group.status.isRefusing)
        rescue.committed(messages: 1)
        #expect(trouble == nil)
    }

    @Test func `a damaged database stays one while nothing shows the contrary`() {
        let rescue = StoreRescue(store: store, group: live.group, ballast: nil)
        rescue.failed(.corrupt)
        rescue.committed(messages: 1)
        #expect(trouble == .storeDamaged)
        #expect(!rescue.turn(nowNanoseconds: MonotonicClock.now() + 60_000_000_000))
        #expect(trouble == .storeDamaged)
    }
}
