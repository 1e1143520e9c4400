import DevelopmentServer
import Testing

@Suite struct FaultTextTests {
    @Test func readsEveryEffect() throws {
        let expected: [(String, Fault)] = [
            ("PATCH:status=503:times=2", Fault(.method("PATCH"), .status(503), times: 2)),
            (
                #"mint:status=429:header=Retry-After=3:times=2:body={"a":{"b":1}}:body=x"#,
                Fault(
                    .step(.mint),
                    .status(429, body: #"{"a":{"b":1}}:body=x"#, headers: ["Retry-After": "3"]),
                    times: 2
                )
            ),
            ("finalize:status-after=502", Fault(.step(.finalize), .statusAfter(502))),
            ("*:delay=0.5:times=9", Fault(Fault.Match(), .delay(.milliseconds(500)), times: 9)),
            ("transfer:cut=1048576", Fault(.step(.transfer), .cut(afterBytes: 1 << 20))),
            ("create:cut-after-processing", Fault(.step(.create), .cutAfterProcessing)),
            ("transfer:accept-only=10", Fault(.step(.transfer), .acceptOnly(10))),
            ("HEAD:stall=0:nth=2", Fault(.method("HEAD", occurrence: 2), .stall(afterBytes: 0))),
            ("options:drop-header=Tus-Version", Fault(.step(.options), .dropHeader("Tus-Version"))),
            ("offset:set-header=Upload-Offset=5=", Fault(.step(.offset), .setHeader("Upload-Offset", "5="))),
            ("PATCH:lose=100:path=abc", Fault(Fault.Match(method: "PATCH", path: "abc"), .loseBytes(100))),
        ]
        for (text, fault) in expected {
            let read = try Fault(parsing: text)
            #expect(read == fault)
            #expect(try Fault(parsing: read.description) == fault)
        }
    }

    @Test(arguments: [
        ("", "no effect"), ("PATCH", "no effect"), ("patch:status=500", "'patch' is no method"),
        (":status=500", "'' is no method"), ("PATCH:times=2", "no effect"), ("PATCH:status", "'status' needs a value"),
        ("PATCH:status=abc", "'status=abc'"), ("PATCH:status=100", "from 200 to 599"), ("PATCH:cut=-1", "'cut=-1'"),
        ("PATCH:explode=1", "'explode' is no effect"), ("PATCH:status=500:cut=1", "'cut' is a second effect"),
        ("PATCH:status=500:times=0", "'times=0'"), ("PATCH:status=500:nth=x", "'nth=x'"),
        ("PATCH:cut=1:body=x", "belong to 'status=CODE'"), ("PATCH:set-header=Name", "NAME=VALUE"),
        ("PATCH:drop-header=a b", "no header name"), ("PATCH:delay=-1", "'delay=-1'"), ("PATCH:lose=0", "'lose=0'"),
        ("PATCH:cut-after-processing=1", "'cut-after-processing' is no effect"),
    ])
    func saysWhatIsWrong(text: String, expected: String) {
        let error = #expect(throws: Fault.ParseError.self) { try Fault(parsing: text) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
}
