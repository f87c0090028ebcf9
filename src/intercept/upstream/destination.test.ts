import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createDestinationGuard, unmapped, type PrivatePolicy } from "./destination.ts";

function refused(policy: PrivatePolicy, address: string, port = 443): boolean {
  const guard = createDestinationGuard({ privateDestinations: () => policy, ownPorts: () => [8317] });
  try {
    guard.check(address, port, "client");
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(UpstreamError);
    return true;
  }
}

const metadata = ["169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"];
const privates = [
  "127.0.0.1",
  "127.9.9.9",
  "0.0.0.0",
  "::1",
  "::",
  "10.1.2.3",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.1.1",
  "fc00::1",
  "fd12::1",
  "fe80::1%eth0",
  "::ffff:10.0.0.1",
];
const publics = ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "100.128.0.1"];

/** The same addresses as a gateway that translates would read them. */
const carried = {
  metadata: [
    "::a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
  ],
  privates: ["64:ff9b::10.0.0.1", "2002:c0a8:101::1", "::ffff:0:7f00:1", "64:ff9b:1::1", "fec0::1", "192.0.0.8"],
  publics: ["64:ff9b::1.1.1.1", "2002:101:101::1", "2001:4860:4860::8888"],
};

describe("the destination guard", () => {
  it.each(carried.metadata)("T5: sees the metadata address in %s", (address) => {
    expect(refused("allow", address)).toBe(true);
  });

  it.each(carried.privates)("T5: sees the private address in %s", (address) => {
    expect([refused("refuse", address), refused("allow", address)]).toEqual([true, false]);
  });

  it.each(carried.publics)("T5: dials %s", (address) => {
    expect(refused("refuse", address)).toBe(false);
  });

  it("T5: knows the metadata services by name, for whoever resolves it elsewhere", () => {
    const guard = createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] });
    expect(() => guard.checkName("Metadata.google.internal", 80, "client")).toThrow(UpstreamError);
    expect(() => guard.checkName("metadata.google.internal", 80, "configured")).not.toThrow();
    expect(() => guard.checkName("metadata.google.internal.example", 80, "client")).not.toThrow();
  });

  it("T3: keeps web pages from every service of this machine, and only from those", () => {
    const guard = createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] });
    expect(() => guard.check("127.0.0.1", 3000, "page")).toThrow(/web page/);
    expect(() => guard.check("::1", 3000, "page")).toThrow(/web page/);
    expect(() => guard.check("10.0.0.1", 3000, "page")).not.toThrow();
  });

  it.each(metadata)("never dials the metadata address %s", (address) => {
    expect(refused("allow", address)).toBe(true);
    expect(refused("refuse", address)).toBe(true);
  });

  it.each(privates)("refuses the private address %s only when told to", (address) => {
    expect(refused("refuse", address)).toBe(true);
    expect(refused("allow", address)).toBe(false);
  });

  it.each(publics)("dials %s", (address) => {
    expect(refused("refuse", address)).toBe(false);
  });

  it.each(["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"])("never dials ourselves as %s", (address) => {
    expect(refused("allow", address, 8317)).toBe(true);
  });

  it("judges the resolved address, and hands on only what may be dialled", async () => {
    const answers = [
      { address: "169.254.169.254", family: 4 },
      { address: "1.1.1.1", family: 4 },
    ];
    const resolve = ((_name: string, _options: unknown, done: (error: null, all: typeof answers) => void) =>
      done(null, answers)) as never; // only this overload of dns.lookup is used
    const guard = createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [], resolve });
    const dialled = await new Promise((done, fail) => {
      guard.lookupFor(443, "client")("metadata.example", { all: true }, (error, all) =>
        error === null ? done(all) : fail(error),
      );
    });
    expect(dialled).toEqual([answers[1]]);
    answers.pop();
    await expect(
      new Promise((done, fail) => {
        guard.lookupFor(443, "client")("metadata.example", { all: false }, (error, one) =>
          error === null ? done(one) : fail(error),
        );
      }),
    ).rejects.toMatchObject({ failure: "forbidden" });
  });

  it("trusts the user's own configuration except for loops", () => {
    const guard = createDestinationGuard({ privateDestinations: () => "refuse", ownPorts: () => [8317] });
    expect(() => guard.check("127.0.0.1", 8000, "configured")).not.toThrow();
    expect(() => guard.check("127.0.0.1", 8317, "configured")).toThrow(UpstreamError);
  });
});

it("reads addresses in disguise", () => {
  expect(unmapped("::ffff:1.2.3.4")).toBe("1.2.3.4");
  expect(unmapped("::FFFF:7f00:1")).toBe("127.0.0.1");
  expect(unmapped("0:0:0:0:0:ffff:7f00:0001")).toBe("127.0.0.1");
  expect(unmapped("fe80::1%en0")).toBe("fe80::1");
  expect(unmapped("2001:db8::1")).toBe("2001:db8::1");
});
