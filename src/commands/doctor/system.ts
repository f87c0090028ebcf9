/** What everything stands on: Node and the operating system. */
import { arch, release } from "node:os";
import { type Check, type CheckGroup, listText } from "./check.ts";

const needed = "20.18.0";

/** What later Nodes bring that something here would use. */
const later: readonly { readonly since: readonly string[]; readonly what: string }[] = [
  { since: ["22.13.0"], what: "SQLite, for reading Cursor's login (22.13)" },
  { since: ["22.21.0", "24.0.0"], what: "NODE_USE_ENV_PROXY, without which fetch goes past every proxy (22.21, 24)" },
];

const node: Check = {
  id: "node",
  title: "Node",
  run({ nodeVersion }) {
    if (!isAtLeast(nodeVersion, needed)) {
      return Promise.resolve({
        state: "fail",
        text: `${nodeVersion} is too old`,
        why: `Switchyard needs ${needed} or newer`,
        fix: "install a newer Node, from https://nodejs.org or with your version manager",
      });
    }
    const missing = later.filter(({ since }) => !hasSince(nodeVersion, since)).map(({ what }) => what);
    const more = missing.length === 0 ? "" : `; a newer one adds ${listText(missing)}`;
    return Promise.resolve({ state: "ok", text: `${nodeVersion}${more}` });
  },
};

const platform: Check = {
  id: "platform",
  title: "platform",
  run({ context }) {
    const text = `${context.platform} ${release()} on ${arch()}`;
    if (context.platform === "linux" || context.platform === "darwin") return Promise.resolve({ state: "ok", text });
    const why = "Switchyard is developed on Linux and should work on macOS; elsewhere it is untested";
    return Promise.resolve({ state: "warn", text, why });
  },
};

export const systemChecks: CheckGroup = { id: "system", checks: [node, platform] };

/** Each entry of `since` is the first version of its own line; later lines have it as well. */
export function hasSince(version: string, since: readonly string[]): boolean {
  const [major] = parts(version);
  const own = since.find((first) => parts(first)[0] === major);
  return own === undefined ? isAtLeast(version, since.at(-1) ?? "0") : isAtLeast(version, own);
}

export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [parts(version), parts(least)];
  for (let place = 0; place < want.length; place += 1) {
    const difference = (have[place] ?? 0) - (want[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function parts(version: string): readonly number[] {
  return version.replace(/^v/, "").split(/[.-]/).slice(0, 3).map(Number);
}
