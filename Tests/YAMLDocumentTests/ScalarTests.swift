import Testing
import YAMLDocument

/// The implicit types of YAML 1.1 as App Engine's loader reads them.
@Suite struct ScalarTests {
    @Test(arguments: ["", "~", "null", "Null", "NULL"]) func nulls(_ text: String) {
        #expect(value(text) == .null)
    }

    @Test(arguments: ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"])
    func trues(_ text: String) { #expect(value(text) == .boolean(true)) }

    @Test(arguments: ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"])
    func falses(_ text: String) { #expect(value(text) == .boolean(false)) }

    @Test(arguments: [
        ("0", "0"), ("7", "7"), ("-7", "-7"), ("+7", "7"), ("012", "10"), ("-012", "-10"), ("00", "0"), ("0_", "0"),
        ("1_000", "1000"), ("0x1f", "31"), ("0xFF_FF", "65535"), ("0b101", "5"), ("1:30", "90"), ("1:30:00", "5400"),
        ("-1:30", "-90"), ("-0", "0"), ("1:5", "65"), ("190:20:30", "685230"),
        ("99999999999999999999", "99999999999999999999"), ("0xffffffffffffffffffff", "1208925819614629174706175"),
    ])
    func integers(_ text: String, _ digits: String) { #expect(value(text) == .integer(digits)) }

    @Test(arguments: [
        "1.5", "1.", ".5", "-1.5", "+1.5", "1_0.5", "1.5e+3", "1.e-3", "1:30.5", ".inf", "-.Inf", "+.INF", ".nan",
        ".NaN",
    ])
    func floats(_ text: String) { #expect(value(text) == .float) }

    @Test(arguments: [
        "yy", "yES", "tRUE", "nUll", "08", "0o14", "0x", "0b", "0b2", "0xg", "1e3", "1.5e3", "1:60", "1:", ":30", "-",
        "+",
        ".", "_1", "1a", "1-2", "-.nan", "-.5x", "2020-01-01", "1.2.3", "=", "1:30.5e+1", "٣",
    ])
    func strings(_ text: String) { #expect(value(text) == .string) }

    @Test func quotedAndBlockScalarsAreText() {
        for text in ["yes", "7", "", "~", "1.5"] {
            #expect(YAMLScalar(text: text, style: .quoted).value == .string)
            #expect(YAMLScalar(text: text, style: .block).value == .string)
        }
    }

    @Test func tagsDecide() {
        #expect(describe(parse("[!!str 7, ! yes, !!int \"7\", !!bool yes]").root) == "[\"7\", \"yes\", 7, true]")
    }

    @Test func integerThatFits() {
        #expect(YAMLScalar(text: "0x10", style: .plain).integer == 16)
        #expect(YAMLScalar(text: "99999999999999999999", style: .plain).integer == nil)
        #expect(YAMLScalar(text: "9999999999x", style: .plain).integer == nil)
    }

    @Test func endlessDigitsStayText() {
        #expect(value(String(repeating: "9", count: 10_000)) == .string)
    }

    private func value(_ text: String) -> YAMLScalar.Value { YAMLScalar(text: text, style: .plain).value }
}
