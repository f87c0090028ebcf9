import { describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { defaultHosts } from "../../engine/providers/hosts.ts";
import { rotateAuthority } from "../../intercept/ca/authority.ts";
import { doctorHome, look, lookOne, withAuthority } from "../__fixtures__/doctor-bench.ts";
import type { OwnRoots, StoreReport } from "./stores.ts";

const report = (more: Partial<StoreReport>): StoreReport => ({
  id: "system",
  label: "Debian's store",
  scope: "system",
  state: "absent",
  detail: "",
  fix: "switchyard ca install",
  ...more,
});

describe("stores", () => {
  it.each([
    ["trusted", "ok"],
    ["absent", "ok"],
    ["stale", "warn"],
    ["unavailable", "skip"],
  ] as const)("%s is %s", async (state, expected) => {
    const { context } = doctorHome();
    const inspectTrust = () => Promise.resolve([report({ state })]);
    const found = await lookOne(context, "trust.store", { inspectTrust });
    expect(found).toMatchObject({ id: "trust.store.system", state: expected });
  });

  it("need no command where nothing is missing", async () => {
    const { context } = doctorHome();
    const inspectTrust = () => Promise.resolve([report({}), report({ id: "nss", state: "stale", detail: "AA:BB" })]);
    const [absent, stale] = await look(context, "trust.store", { inspectTrust });
    expect(absent).toMatchObject({ fix: null });
    expect(absent?.text).toContain("need no installed trust");
    expect(stale).toMatchObject({ fix: "switchyard ca install", why: "AA:BB" });
  });

  it("are asked about the root in force and those from before a rotation", async () => {
    const { context } = doctorHome();
    const first = await withAuthority(context);
    const options = { dir: context.paths.certsDir, scope: defaultHosts, clock: context.clock, random: systemRandom };
    const second = await rotateAuthority(options);
    const asked: OwnRoots[] = [];
    const inspectTrust = (_context: unknown, roots: OwnRoots) => {
      asked.push(roots);
      return Promise.resolve([]);
    };
    expect(await lookOne(context, "trust.store", { inspectTrust })).toMatchObject({ state: "skip" });
    expect(asked).toEqual([{ current: second.rootPem, former: [first.rootPem] }]);
  });

  it("that cannot be looked at are a failure of this check alone", async () => {
    const { context } = doctorHome();
    const inspectTrust = () => Promise.reject(new Error("no certutil"));
    const found = await lookOne(context, "trust.store", { inspectTrust });
    expect(found).toMatchObject({ state: "fail", text: "this could not be checked: no certutil" });
  });
});
