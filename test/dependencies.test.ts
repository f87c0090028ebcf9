/** What an installation brings along, read from the lockfile: pinned by content, nothing that runs by being installed. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Locked {
  readonly dev?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8")) as { readonly packages: Readonly<Record<string, Locked>> }; // npm's own shape
const all = Object.entries(lock.packages).filter(([path]) => path !== "");
const shipped = all.filter(([, { dev }]) => dev !== true);

describe("dependencies", () => {
  it("are pinned by content", () => {
    // The lockfile leaves out where a package is from where that is the registry in use.
    const loose = all.filter(
      ([, { integrity = "", resolved = "https://" }]) =>
        !integrity.startsWith("sha512-") || !resolved.startsWith("https://"),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it("run nothing by being installed, as far as they are shipped", () => {
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([]);
  });

  it("do not become more: who adds one says so here", () => {
    expect(shipped.length).toBeLessThanOrEqual(109);
  });
});
