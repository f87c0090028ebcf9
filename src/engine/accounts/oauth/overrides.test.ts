import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { createOpened } from "../../../../test/support/opened.ts";
import { tempFolder } from "../../../../test/support/temp.ts";
import { readOverrides } from "./overrides.ts";
import { resolveService } from "./resolve.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const canary = "canary-client-secret-0123456789";

function file(content: unknown): string {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return opened.add(tempFolder("overrides")).file("provider-credentials.json", text);
}

describe("the credential file", () => {
  it("lays exactly its five fields over a service", async () => {
    const said = { clientId: "id", tokenUrl: "https://a/t", authUrl: "https://a/a", refreshUrl: "https://a/r" };
    const { byService, warnings } = await readOverrides(
      file({ iflow: { ...said, clientSecret: canary, scopes: ["everything"], leadMs: 1 } }),
    );
    expect(byService).toEqual({ iflow: { ...said, clientSecret: new Secret(canary) } });
    expect(byService["iflow"]?.clientSecret?.reveal()).toBe(canary);
    expect(warnings).toEqual([]);
  });

  it("may be missing", async () => {
    const folder = opened.add(tempFolder("overrides"));
    expect(await readOverrides(join(folder.path, "none.json"))).toEqual({ byService: {}, warnings: [] });
  });

  it("skips an unknown provider with a warning and takes the others", async () => {
    const { byService, warnings } = await readOverrides(file({ nobody: { clientId: "x" }, qwen: { clientId: "y" } }));
    expect(byService).toEqual({ qwen: { clientId: "y" } });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('"nobody"');
  });

  it.each([
    ["text", "x"],
    ["a list", ["x"]],
    ["null", null],
    ["a number", 7],
  ])("skips a provider that is %s with a warning", async (_what, value) => {
    const { byService, warnings } = await readOverrides(file({ claude: value, qwen: { clientId: "y" } }));
    expect(byService).toEqual({ qwen: { clientId: "y" } });
    expect(warnings[0]).toContain('"claude" is skipped');
  });

  it("skips a field that is no text, by name and not by value", async () => {
    const { byService, warnings } = await readOverrides(
      file({ claude: { clientId: 7, clientSecret: [canary], authUrl: "" } }),
    );
    expect(byService).toEqual({ claude: {} });
    expect(warnings.join()).toContain("claude.clientId");
    expect(warnings.join()).toContain("claude.clientSecret");
    expect(warnings.join()).not.toContain(canary);
  });

  it.each([
    ["{ broken", "JSON"],
    ["[]", "not a JSON object"],
    ['"text"', "not a JSON object"],
  ])("is ignored with a warning when it reads %s", async (text, why) => {
    const { byService, warnings } = await readOverrides(file(text));
    expect(byService).toEqual({});
    expect(warnings.join()).toContain(why);
  });

  it("does not quote a broken file: it holds secrets", async () => {
    const { warnings } = await readOverrides(file(`{"iflow":{"clientSecret":"${canary}",}}`));
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain("canary");
  });

  it("is ignored with a warning when it is no file, or far too large", async () => {
    const folder = opened.add(tempFolder("overrides"));
    expect((await readOverrides(folder.path)).warnings).toHaveLength(1);
    const { warnings } = await readOverrides(file(" ".repeat(300_000)));
    expect(warnings.join()).toContain("larger than");
  });

  it.skipIf(process.platform === "win32")("is made private when others could read it", async () => {
    const path = file({ qwen: { clientId: "y" } });
    chmodSync(path, 0o644);
    const { byService, warnings } = await readOverrides(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(warnings.join()).toContain("644");
    expect(byService).toEqual({ qwen: { clientId: "y" } });
  });

  it("cannot be printed by accident", async () => {
    const overrides = await readOverrides(file({ iflow: { clientSecret: canary } }));
    expect(inspect(overrides, { depth: 9 }) + JSON.stringify(overrides)).not.toContain(canary);
  });

  it("stands between the configuration and what is built in", async () => {
    const { byService } = await readOverrides(
      file({ claude: { clientId: "from-file", tokenUrl: "https://file.example/t" } }),
    );
    const resolved = resolveService("claude", { config: { claude: { clientId: "from-config" } }, file: byService });
    expect(resolved.ok && resolved.service).toMatchObject({
      clientId: "from-config",
      tokenUrl: "https://file.example/t",
      // One endpoint in the table, so one here.
      refreshUrl: "https://file.example/t",
      authUrl: "https://claude.ai/oauth/authorize",
    });
  });
});
