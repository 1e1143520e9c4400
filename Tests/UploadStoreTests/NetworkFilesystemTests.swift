import Foundation
import Testing

@testable import UploadStore

@Suite(.serialized) struct NetworkFilesystemTests {
    private static func mounts(_ type: String) -> String {
        """
        21 27 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
        27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
        102 27 0:54 / /mnt/share rw,relatime shared:55 master:3 - \(type) server:/export rw,vers=4.2
        """
    }

    /// Major 0, minor 54.
    private static let device: UInt64 = 54

    @Test(arguments: ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.s3fs", "fuse", "9p", "ceph"])
    func isRefused(type: String) {
        #expect(DatabaseFile.networkFilesystem(of: Self.device, mounts: Self.mounts(type)) == type)
    }

    @Test(arguments: ["ext4", "xfs", "btrfs", "zfs", "overlay", "fuseblk", "tmpfs"])
    func isLocal(type: String) {
        #expect(DatabaseFile.networkFilesystem(of: Self.device, mounts: Self.mounts(type)) == nil)
    }

    @Test func anotherMountsTypeDoesNotCount() {
        #expect(DatabaseFile.networkFilesystem(of: 259 << 8 | 2, mounts: Self.mounts("nfs4")) == nil)
        #expect(DatabaseFile.networkFilesystem(of: 0xFFFF, mounts: Self.mounts("nfs4")) == nil)
    }

    @Test func aLargeMinorNumberIsReadAsTheKernelWritesIt() {
        // makedev(0, 0x1234) of gnu_dev_makedev: the low byte, then the rest above bit 20.
        let device: UInt64 = 0x34 | 0x12 << 20
        #expect(DatabaseFile.networkFilesystem(of: device, mounts: "30 27 0:4660 / /mnt rw - nfs4 host:/ rw") == "nfs4")
    }

    @Test(arguments: ["", "30 27 0:54", "30 27 0:54 / /mnt rw -", "x - nfs4"])
    func aLineThatIsNotOneIsPassedOver(mounts: String) {
        #expect(DatabaseFile.networkFilesystem(of: Self.device, mounts: mounts) == nil)
    }
}
