import Foundation

/// The entry of this run; `control` is one that must be found broken.
private let entry: FuzzEntry = {
    let name = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_FUZZ"] ?? ""
    guard let entry = (FuzzEntry.all + [.control]).first(where: { $0.name == name }) else {
        fatalError("UPLOAD_QUEUE_FUZZ names no entry: \(name)")
    }
    return entry
}()

/// libFuzzer calls it with one input after another.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try entry.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        fatalError("\(entry.name): \(error)")
    }
    return 0
}
