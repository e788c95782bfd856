import NATSClient
import Testing

@Suite struct NATSSubjectTests {
    @Test(arguments: [
        "a", "a.b.c", "add", "$SYS.x", "_INBOX.abc", "grüße.ж", "a*b", "a>b.c", "*a", "a.b>", "**", "a/b:c",
        String(repeating: "x", count: 1024),
    ])
    func goodEverywhere(_ subject: String) {
        #expect(NATSSubject.isValid(subject))
        #expect(NATSSubject.isValid(subject, wildcards: true))
    }

    @Test(arguments: ["*", ">", "a.*", "*.b", "a.*.c", "a.>", "*.>"])
    func goodInSubscriptionsOnly(_ subject: String) {
        #expect(!NATSSubject.isValid(subject))
        #expect(NATSSubject.isValid(subject, wildcards: true))
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB b 1", "a\n", "a\u{0}", "a\u{7f}", ">.a", "a.>.b", ">.",
        "*.", String(repeating: "x", count: 1025),
    ])
    func badEverywhere(_ subject: String) {
        #expect(!NATSSubject.isValid(subject))
        #expect(!NATSSubject.isValid(subject, wildcards: true))
    }
}
