import { describe, expect, it } from "vitest";
import { parsePrometheus, valueOf } from "./prometheus.ts";

const head = "# HELP a_total what it is\n# TYPE a_total counter\n";
const histogram = (...lines: readonly string[]): string =>
  ["# HELP h what it is", "# TYPE h histogram", ...lines, ""].join("\n");

describe("the strict reader of Prometheus's text", () => {
  it("reads samples with their labels and escapes", () => {
    const text = `${head}a_total{x="1",y="a\\"b\\\\c\\nd,}"} 3\na_total 4e2\n`;
    const families = parsePrometheus(text);
    expect(families[0]?.samples).toEqual([
      { name: "a_total", labels: { x: "1", y: 'a"b\\c\nd,}' }, value: 3 },
      { name: "a_total", labels: {}, value: 400 },
    ]);
    expect(valueOf(families, "a_total", { x: "1" })).toBe(3);
    const buckets = ['h_bucket{le="1"} 1', 'h_bucket{le="+Inf"} 2', "h_sum 3.5", "h_count 2"];
    expect(parsePrometheus(histogram(...buckets))[0]?.samples).toHaveLength(4);
  });

  it.each([
    ["no end", "# HELP a_total x", "does not end"],
    ["no help", "# TYPE a_total counter\n", "not behind its help"],
    ["no type", "# HELP a_total x\na_total 1\n", "outside its family"],
    ["a foreign type", "# HELP a_total x\n# TYPE a_total meter\n", "no type there is"],
    ["a comment", "# just so\n", "neither help nor type"],
    ["a sample outside its family", `${head}b 1\n`, "outside its family"],
    ["a family in two pieces", `${head}a_total 1\n${head}`, "was there before"],
    ["a series twice", `${head}a_total{x="1"} 1\na_total{x="1"} 2\n`, "a series that was there before"],
    ["a label twice", `${head}a_total{x="1",x="2"} 1\n`, "cannot be read"],
    ["a label without quotes", `${head}a_total{x=1} 1\n`, "cannot be read"],
    ["a raw quote", `${head}a_total{x="a"b"} 1\n`, "cannot be read"],
    ["a foreign escape", `${head}a_total{x="a\\t"} 1\n`, "cannot be read"],
    ["no number", `${head}a_total many\n`, "no number"],
    ["a count that fell below nothing", `${head}a_total -1\n`, "below nothing"],
    ["a counter without its suffix", "# HELP a x\n# TYPE a counter\na 1\n", "does not say _total"],
    ["a gauge with a counter's suffix", "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "says _total"],
    ["milliseconds", "# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n", "no base unit"],
    ["no last bucket", histogram('h_bucket{le="1"} 1', "h_sum 1", "h_count 1"), "no last bucket"],
    [
      "buckets that fall",
      histogram('h_bucket{le="1"} 2', 'h_bucket{le="+Inf"} 1', "h_sum 1", "h_count 1"),
      "do not add up",
    ],
    [
      "buckets out of order",
      histogram('h_bucket{le="2"} 1', 'h_bucket{le="1"} 1', 'h_bucket{le="+Inf"} 1', "h_sum 1", "h_count 1"),
      "do not add up",
    ],
    ["another count", histogram('h_bucket{le="+Inf"} 1', "h_sum 1", "h_count 2"), "not its last bucket"],
    ["no sum", histogram('h_bucket{le="+Inf"} 1', "h_count 1"), "no sum"],
  ])("refuses %s", (_name, text, words) => {
    expect(() => parsePrometheus(text)).toThrow(words);
  });
});
