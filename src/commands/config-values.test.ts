import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EngineBench, engineBench } from "./__fixtures__/engine-bench.ts";
import { parseKey } from "./config-key.ts";

const file = `# mine
listen:
  port: 8400 # not the usual one
accounts:
  - { provider: groq, name: a, api_key: gsk_0123456789abcdefghij }
  - { provider: openrouter, name: b, api_key: "\${OPENROUTER_API_KEY}" }
settings:
  network_proxy: { global: "http://me:hunter22@proxy.example:3128" }
`;

async function benchWith(
  text: string | null,
  env: NodeJS.ProcessEnv = {},
): Promise<EngineBench & { readonly text: () => string }> {
  const bench = await engineBench({ env });
  const { configFile } = bench.context.paths;
  if (text !== null) writeFileSync(configFile, text);
  return { ...bench, text: () => readFileSync(configFile, "utf8") };
}

describe("the path of a value", () => {
  it.each([
    ["listen.port", ["listen", "port"]],
    ["routes[0].to", ["routes", 0, "to"]],
    ['prices["local/*"].input', ["prices", "local/*", "input"]],
    ["upstream.connect_to['api.x.com:443']", ["upstream", "connect_to", "api.x.com:443"]],
    ["claude-api-key[1].models", ["claude-api-key", 1, "models"]],
  ])("is read as people write it: %s", (text, path) => {
    expect(parseKey(text)).toEqual(path);
  });

  it.each(["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[1", "a]"])("is nothing else: %j", (text) => {
    expect(parseKey(text)).toBeNull();
  });
});

describe("config get", () => {
  it("prints what the file says, and what holds without it", async () => {
    const { type, out, err } = await benchWith(file);
    expect(await type("config", "get", "listen.port")).toBe(0);
    expect(out()).toBe("8400\n");
    expect(err()).toBe("");
    expect(await type("config", "get", "settings.usage_buffer")).toBe(0);
    expect(out()).toBe("8400\n2000\n");
    expect(err()).toContain("not in the file");
    expect(await type("config", "get", "upstream.timeouts.connect_ms")).toBe(0);
    expect(out()).toContain("10000\n");
  });

  it("never shows a credential", async () => {
    const { type, out } = await benchWith(file);
    for (const key of [[], ["accounts"], ["accounts[0]"], ["accounts[0].api_key"], ["settings.network_proxy.global"]]) {
      expect(await type("config", "get", ...key)).toBe(0);
      expect(await type("config", "get", ...key, "--json")).toBe(0);
    }
    expect(out()).not.toMatch(/gsk_0123|hunter22/);
    expect(out()).toContain("•••ghij");
    expect(out()).toContain("${OPENROUTER_API_KEY}");
    expect(out()).toContain("proxy.example:3128");
  });

  it("says for a script whether it is set", async () => {
    const { type, json } = await benchWith(file);
    expect(await type("config", "get", "listen.host", "--json")).toBe(0);
    expect(json()).toEqual({ schemaVersion: 1, key: "listen.host", set: false, value: "127.0.0.1" });
  });

  it.each([
    ["listen.prot", 2, 'there is no key "prot"; did you mean "port"?'],
    ["nonsense", 2, 'there is no key "nonsense"'],
    ["a..b", 2, "is no path of a value"],
    ["listen[0]", 2, "listen is no list"],
    ["providers.mine.endpoint", 1, "is not set"],
  ])("says what is wrong with %s", async (key, code, what) => {
    const { type, err } = await benchWith(file);
    expect(await type("config", "get", key)).toBe(code);
    expect(err()).toContain(what.replace("listen is no list", "is no"));
  });
});

describe("config set and unset", () => {
  it("write a value of YAML's own kinds and keep the comments", async () => {
    const { type, text, out } = await benchWith(file);
    expect(await type("config", "set", "listen.port", "8500")).toBe(0);
    expect(await type("config", "set", "settings.bypass", "false")).toBe(0);
    expect(await type("config", "set", "combos.deep", "[groq/x, openrouter/y]")).toBe(0);
    expect(text()).toContain("# mine\nlisten:\n  port: 8500 # not the usual one\n");
    expect(text()).toContain("bypass: false");
    expect(text()).toMatch(/deep:\n? .*groq\/x/s);
    expect(out()).toContain("listen.port is set in ");
    expect(await type("config", "unset", "listen.port")).toBe(0);
    expect(text()).not.toContain("8500");
    expect(await type("config", "unset", "listen.port", "--json")).toBe(0);
  });

  it("say how to write what is only valid as a whole", async () => {
    const { type, err } = await benchWith(file);
    expect(await type("config", "set", "providers.own.type", "openai-compatible")).toBe(2);
    expect(err()).toContain("needs an endpoint");
    expect(err()).toContain("next: switchyard config set providers.own '{type: …, …}'");
    expect(await type("config", "set", "providers.own", "{type: openai-compatible, endpoint: 'http://h/v1'}")).toBe(0);
  });

  it("make the file when there is none, for its owner alone", async () => {
    const { type, context, text } = await benchWith(null);
    expect(await type("config", "set", "listen.port", "8500")).toBe(0);
    expect(text()).toBe("listen:\n  port: 8500\n");
    expect(statSync(context.paths.configFile).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["listen.port", "70000", "must be at most 65535"],
    ["listen.port", "eighty", "must be a number"],
    ["routes", "[{ to: nowhere/x }]", 'there is no provider "nowhere"'],
    ["settings.nonsense", "1", 'there is no key "nonsense"'],
    ["combos.deep", "[a, ", "is not YAML"],
    ["accounts[0].api_key", "gsk_aaaaaaaaaaaaaaaaaaaa", "a credential is not taken from the command line"],
    ["accounts", "[{ provider: groq, api_key: gsk_aaaaaaaaaaaaaaaaaaaa }]", "a credential is not taken"],
  ])("leave the file as it is rather than make it invalid: %s %s", async (key, value, why) => {
    const { type, text, err } = await benchWith(file);
    expect(await type("config", "set", key, value)).toBe(2);
    expect(err()).toContain(why);
    expect(text()).toBe(file);
  });

  it("take the name of a variable for a credential", async () => {
    const { type, text } = await benchWith(file);
    expect(await type("config", "set", "accounts[0].api_key", "${GROQ_KEY}")).toBe(2);
    const known = await benchWith(file, { GROQ_KEY: "gsk_bbbbbbbbbbbbbbbbbbbb" });
    expect(await known.type("config", "set", "accounts[0].api_key", "${GROQ_KEY}")).toBe(0);
    expect(known.text()).toContain("${GROQ_KEY}");
    expect(text()).toBe(file);
  });
});

describe("config init and edit", () => {
  it("make a file that is valid, private, and never written over", async () => {
    const { type, context, text, out } = await benchWith(null);
    expect(await type("config", "init")).toBe(0);
    expect(out()).toBe(`${context.paths.configFile}\n`);
    expect(statSync(context.paths.configFile).mode & 0o777).toBe(0o600);
    expect(await type("config", "validate")).toBe(0);
    const uncommented = text()
      .split("\n")
      .filter((line) => /^# ?(?: *[a-z-]+:| *- )/.test(line))
      .map((line) => line.slice(2))
      .join("\n");
    expect(uncommented).toContain("routes:");
    writeFileSync(context.paths.configFile, uncommented);
    const checked = await benchWith(uncommented, { OPENROUTER_API_KEY: "sk-or-0123456789abcdef" });
    expect(await checked.type("config", "validate")).toBe(0);
    expect(await type("config", "init", "--json")).toBe(0);
    expect(text()).toBe(uncommented);
  });

  it("run the editor on it, and check what it left", async () => {
    const { type, context, out } = await benchWith(null, { EDITOR: "sed -i -e '$a settings: { bypass: false }'" });
    expect(await type("config", "edit")).toBe(0);
    expect(readFileSync(context.paths.configFile, "utf8")).toContain("bypass: false");
    expect(out()).toContain("is valid; 0 rules");
  });

  it("say what is wrong when it is left with a mistake: exit code 2", async () => {
    const { type, err, text } = await benchWith(file, { VISUAL: "sed -i s/8400/99999/", EDITOR: "false" });
    expect(await type("config", "edit")).toBe(2);
    expect(err()).toContain("must be at most 65535");
    expect(text()).toContain("99999");
  });

  it("offer to edit a mistake again", async () => {
    const bench = await engineBench({
      env: {
        NO_COLOR: "1",
        EDITOR: `sh -c 'test -e "$0.once" && echo "listen: {}" > "$0" || { touch "$0.once"; echo "x: 1" > "$0"; }'`,
      },
      terminal: true,
      stdin: "y\n",
    });
    expect(await bench.type("config", "edit")).toBe(0);
    expect(bench.err()).toContain("Edit it again?");
    expect(existsSync(`${bench.context.paths.configFile}.once`)).toBe(true);
  });

  it("fail with the editor", async () => {
    const { type, err } = await benchWith(file, { EDITOR: "false" });
    expect(await type("config", "edit")).toBe(1);
    expect(err()).toContain("the editor ended with code 1");
    const none = await benchWith(file, { PATH: "/nowhere" });
    expect(await none.type("config", "edit")).toBe(2);
    expect(none.err()).toContain("no editor is known");
  });

  it("fail where the file cannot be", async () => {
    const { type, context } = await benchWith(null);
    mkdirSync(context.paths.configFile);
    expect(await type("config", "set", "listen.port", "1")).toBe(2);
    expect(await type("config", "get")).toBe(2);
  });
});
