import HTTPTypes

extension UploadMachine {
    /// Deletes what the server has, where it has something and can.
    mutating func startDelete() -> Action {
        if upload.phase == .confirm {
            let cause = Cause("the host has made its file")
            return record(.deleted(cause.problem(.notDeleted)))
        }
        guard let url = upload.uploadURL else { return record(.deleted(nil)) }
        if plan.capabilities?.lacks("termination") == true {
            let cause = Cause("its OPTIONS answer has no termination extension")
            return record(.deleted(cause.problem(.notDeleted)))
        }
        guard Origin(url) != nil else {
            return record(.deleted(Cause("its upload URL is no http or https URL").problem(.notDeleted)))
        }
        return send(Request(step: .delete, method: .delete, url: url, fields: tusFields(for: url)))
    }
}
