import ArgumentParser
import Uploads

/// Whose Media Manager it is, and what Wix is told of each file.
struct WixDestinationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The site whose Media Manager it is.", valueName: "id"))
    var siteId: String?

    @Option(help: ArgumentHelp("Instead of a site: the account.", valueName: "id"))
    var accountId: String?

    @Option(
        help: ArgumentHelp(
            "env:NAME: the environment variable of the worker that holds the API key or an OAuth access token.",
            valueName: "env:name"
        )
    )
    var apiKey: String?

    @Option(help: ArgumentHelp("The id of the folder that files go to.", valueName: "id"))
    var parentFolder: String?

    @Option(help: ArgumentHelp("Folders that files go to, made where missing, such as /scans/2026.", valueName: "path"))
    var filePath: String?

    @Flag(help: "Whether the URL of a file needs a permission.")
    var `private` = false

    @Option(help: "A label of each file; repeatable.")
    var label: [String] = []

    @Flag(help: "Whether a file's MD5 is compared with Wix's hash of it once it can be used, which is waited for.")
    var verifyMd5 = false

    @Option(help: ArgumentHelp("Where the API is, for a rehearsal with `upload-queue serve`.", valueName: "url"))
    var api = Destination.wixAPI

    /// Whether any of them is there.
    var areGiven: Bool {
        siteId != nil || accountId != nil || apiKey != nil || parentFolder != nil || filePath != nil || `private`
            || !label.isEmpty || verifyMd5 || api != Destination.wixAPI
    }

    func validate() throws {
        guard areGiven else { return }
        guard (siteId != nil) != (accountId != nil) else {
            throw ValidationError("Give either --site-id or --account-id.")
        }
        // Its text is not repeated: it may be the key itself.
        guard let apiKey, apiKey.hasPrefix("env:"), apiKey.count > "env:".count else {
            throw ValidationError("--api-key is env:NAME; the key itself is never stored.")
        }
    }

    /// The destination; without a site or an account each upload brings its grant.
    func destination(_ name: String, waitsUntilReady: Bool) throws -> Destination {
        guard let apiKey,
            let owner = siteId.map(Destination.WixOwner.site) ?? accountId.map(Destination.WixOwner.account)
        else { return .wix(name) }
        return try .wix(
            name,
            owner: owner,
            apiKey: apiKey,
            options: WixOptions(
                parentFolderID: parentFolder,
                filePath: filePath,
                isPrivate: `private` ? true : nil,
                labels: label,
                waitsUntilReady: waitsUntilReady,
                verifiesMD5: verifyMd5
            ),
            api: api
        )
    }
}
