/// What becomes, in a copy of the queue, of an upload whose grant is left out: as if the server had lost it (`gone`).
///
/// - `keep`: it has no grant, or none any more.
/// - `cancel`: a worker was to delete it at the server, which nobody can without the URL: cancelled, with a note.
/// - `forget`: it needs no grant for what is left to do, or gets one before that.
/// - `restart`: another grant is got, and the first byte is sent again. The last one was not sent.
/// - `fail`: likewise, but its destination gives no grants by itself: a person adds it again.
/// - `ask`: its last bytes or a finalize were sent: a person looks whether the file is there. In phase `confirm`, which
///   needs no URL, and lets it be marked as completed.
enum GrantlessUpload {
    /// The code of an upload that was stopped, or starts over, for want of its grant.
    static let code = "grant_not_copied"

    /// What is read beside the columns of an upload.
    static let fate = """
        (SELECT mints FROM queue.destination WHERE name = upload.destination) AS mints,
        CASE WHEN upload_token IS NULL THEN 'keep'
             WHEN requested = 'cancel' THEN 'cancel'
             WHEN phase = 'confirm' THEN 'forget'
             WHEN (phase = 'transfer' AND completing) OR (phase = 'finalize' AND finalize_sent > 0) THEN 'ask'
             WHEN NOT (SELECT mints FROM queue.destination WHERE name = upload.destination) THEN 'fail'
             WHEN phase = 'create' THEN 'forget'
             ELSE 'restart' END AS fate
        """

    /// The columns of an upload that differ in the copy.
    static let columns: [String: String] = [
        "status":
            "CASE WHEN fate IN ('ask', 'fail') THEN 'failed' WHEN fate = 'cancel' THEN 'cancelled' ELSE status END",
        "phase":
            "CASE fate WHEN 'ask' THEN 'confirm' WHEN 'fail' THEN 'create' WHEN 'restart' THEN 'mint' ELSE phase END",
        "endpoint": "CASE fate WHEN 'keep' THEN endpoint END",
        "upload_token": "NULL",
        "upload_url": "CASE fate WHEN 'keep' THEN upload_url END",
        "expires_at": "CASE fate WHEN 'keep' THEN expires_at END",
        "upload_offset": "CASE WHEN fate IN ('fail', 'restart') THEN 0 ELSE upload_offset END",
        "captured": "CASE WHEN fate IN ('fail', 'restart') THEN NULL ELSE captured END",
        "attempt": "CASE fate WHEN 'restart' THEN 0 ELSE attempt END",
        "retry_at": "CASE WHEN fate IN ('keep', 'forget') THEN retry_at END",
        "completing": "CASE WHEN fate IN ('keep', 'forget') THEN completing ELSE 0 END",
        "finished_at":
            "CASE WHEN fate IN ('ask', 'fail', 'cancel') THEN coalesce(finished_at, copied_at) ELSE finished_at END",
        "worker_id": "CASE WHEN fate IN ('ask', 'fail', 'cancel') THEN NULL ELSE worker_id END",
        "requested": "CASE WHEN fate IN ('ask', 'fail', 'cancel') THEN NULL ELSE requested END",
        "pause_reason": "CASE WHEN fate IN ('ask', 'fail', 'cancel') THEN NULL ELSE pause_reason END",
        "last_error_code": """
        CASE WHEN fate IN ('ask', 'fail') THEN '\(code)'
             WHEN fate = 'restart' AND status <> 'failed' AND pause_reason IS NULL THEN '\(code)'
             WHEN fate = 'cancel' THEN 'not_deleted'
             ELSE last_error_code END
        """,
        "last_error": """
        CASE WHEN fate = 'ask' THEN '\(nothing), and the file may be at its destination already; look there: if it is, '
                  || 'mark it as completed, if not, '
                  || CASE WHEN mints THEN 'retry, which starts over' ELSE 'add the file again with a new grant' END
                  || \(before)
             WHEN fate = 'fail' THEN '\(nothing); add the file again with a new one' || \(before)
             WHEN fate = 'restart' AND status <> 'failed' AND pause_reason IS NULL
                  THEN '\(nothing); the file is sent from its first byte with a new one'
             WHEN fate = 'cancel' THEN '\(nothing); the server keeps what it has of the upload'
             ELSE last_error END
        """,
    ]

    private static let nothing = "this queue is a copy, which holds no grants"
    private static let before = "coalesce(' (before: ' || last_error_code || ')', '')"
}
