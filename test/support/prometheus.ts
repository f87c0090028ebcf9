/**
 * Prometheus's text format, version 0.0.4, read as strictly as its documentation writes it: every family with its help
 * and type before its samples and all in one piece, names and labels as they may be, no series twice, buckets that add up.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ (2026-11)
 */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** The family's, with a histogram's suffix. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const types = ["counter", "gauge", "histogram", "summary", "untyped"];
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const escapes: Readonly<Record<string, string>> = { '\\"': '"', "\\\\": "\\", "\\n": "\n" };

/** @throws Error with the line that is wrong */
export function parsePrometheus(text: string): readonly MetricFamily[] {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { name: string; help: string; type: string; samples: MetricSample[] }>();
  const series = new Set<string>();
  let open: { name: string; help: string; type: string; samples: MetricSample[] } | null = null;
  for (const [index, line] of text.slice(0, -1).split("\n").entries()) {
    const wrong = (why: string): never => {
      throw new Error(`line ${index + 1}: ${why}: ${line}`);
    };
    if (line === "") continue;
    if (line.startsWith("#")) {
      const [, keyword = "", name = "", rest = ""] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line) ?? [];
      if (keyword === "HELP") {
        if (families.has(name)) wrong("a family that was there before");
        open = { name, help: rest, type: "", samples: [] };
        families.set(name, open);
      } else if (keyword === "TYPE") {
        if (open === null || open.name !== name || open.samples.length > 0) return wrong("a type not behind its help");
        if (open.type !== "") wrong("a second type");
        if (!types.includes(rest)) wrong("no type there is");
        open.type = rest;
      } else wrong("neither help nor type");
      continue;
    }
    const [, name = "", labelText = "", valueText = ""] = sampleLine.exec(line) ?? [];
    if (name === "") return wrong("no sample");
    if (open === null || open.type === "" || !belongs(name, open)) return wrong("a sample outside its family");
    const labels = readLabels(labelText) ?? wrong("labels that cannot be read");
    const key = `${name} ${keyOf(labels)}`;
    if (series.has(key)) wrong("a series that was there before");
    series.add(key);
    const value = numberOf(valueText) ?? wrong("no number");
    if (open.type === "counter" && !(value >= 0 && Number.isFinite(value))) wrong("a count below nothing");
    open.samples.push({ name, labels, value });
  }
  for (const family of families.values()) checkFamily(family);
  return [...families.values()];
}

/** The value of one series; 0 where there is none, as a counter that has never counted. */
export function valueOf(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const samples = families.flatMap((family) => family.samples).filter((sample) => sample.name === name);
  return samples
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The same for the same labels, in whatever order they stand. */
function keyOf(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort((one, other) => (one < other ? -1 : 1));
  return JSON.stringify(names.map((name) => [name, labels[name]]));
}

function belongs(name: string, { name: family, type }: { readonly name: string; readonly type: string }): boolean {
  if (name === family) return type !== "histogram";
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : type === "summary" ? ["_sum", "_count"] : [];
  return suffixes.some((suffix) => name === family + suffix);
}

function readLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const found = label.exec(text);
    const [, name = "", raw = ""] = found ?? [];
    if (found === null || labels[name] !== undefined || name.startsWith("__")) return null;
    labels[name] = raw.replace(/\\["\\n]/g, (escape) => escapes[escape] ?? escape);
  }
  return labels;
}

function numberOf(text: string): number | null {
  if (text === "NaN") return Number.NaN;
  const infinite = /^([+-])Inf$/.exec(text);
  if (infinite !== null) return infinite[1] === "+" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}

/** https://prometheus.io/docs/practices/naming/ */
function checkFamily({ name, type, samples }: MetricFamily): void {
  if (type === "") throw new Error(`${name} has no type`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`${name} counts and does not say _total`);
  if (type !== "counter" && name.endsWith("_total")) throw new Error(`${name} says _total and does not count`);
  if (/_(?:ms|millis|milliseconds|minutes|kb|mb|percent)(?:_|$)/.test(name))
    throw new Error(`${name} has no base unit`);
  if (type !== "histogram") return;
  const groups = new Map<string, MetricSample[]>();
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels;
    const key = keyOf(rest);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const group of groups.values()) {
    const of = (suffix: string): readonly MetricSample[] => group.filter((sample) => sample.name === name + suffix);
    const bounds = of("_bucket").map(({ labels }) => numberOf(labels["le"] ?? "") ?? Number.NaN);
    const counts = of("_bucket").map(({ value }) => value);
    const rises = (list: readonly number[], strictly: boolean): boolean =>
      list.every(
        (value, place) => place === 0 || (strictly ? value > (list[place - 1] ?? 0) : value >= (list[place - 1] ?? 0)),
      );
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no last bucket`);
    if (!rises(bounds, true) || !rises(counts, false)) throw new Error(`${name}: its buckets do not add up`);
    if (of("_count").length !== 1 || of("_sum").length !== 1) throw new Error(`${name} has no sum or no count`);
    if (of("_count")[0]?.value !== counts.at(-1)) throw new Error(`${name}: its count is not its last bucket`);
  }
}
