package import SystemPackage

#if canImport(Darwin)
package import Darwin
#elseif canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#endif

/// The user to whom the files beside a database belong.
///
/// Root may look after the queue of another user. What it makes there becomes that user's, as SQLite does it with the log:
/// their own workers could not go on with files of root's.
package enum DatabaseOwner {
    /// Who has to own what the queue keeps there: this user, or for root the owner of the database.
    package static func user(of database: String) throws -> uid_t {
        let user = geteuid()
        return user == 0 ? try information(of: database).st_uid : user
    }

    /// Gives the owner of the database a file or folder that root just made, before anything is in it.
    ///
    /// Never one that was there: another user could have given a file that is only root's the name of the queue's.
    package static func give(_ file: FileDescriptor, beside database: String) throws {
        guard geteuid() == 0 else { return }
        let owner = try information(of: database)
        guard owner.st_uid != 0 else { return }
        guard fchown(file.rawValue, owner.st_uid, owner.st_gid) == 0 else { throw Errno(rawValue: errno) }
    }

    private static func information(of database: String) throws -> stat {
        var information = stat()
        guard stat(database, &information) == 0 else { throw Errno(rawValue: errno) }
        return information
    }
}
