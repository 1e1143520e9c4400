/// Where an upload is on the wire, as the column `phase` spells it.
package enum Phase: String, Sendable, CaseIterable {
    case mint
    case create
    case transfer
    case finalize
    case confirm
    case done
}
