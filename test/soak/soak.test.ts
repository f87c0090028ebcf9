/** How a soak judges. Its short form is case S16 of the scoreboard of faults. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { canSee, descriptorsOf, leftOver, listed, total } from "./descriptors.ts";
import { planFor, plans } from "./plan.ts";
import { certainly, slopeOf } from "./slope.ts";

describe("a slope", () => {
  it("is the straight line's, with its error", () => {
    const line = slopeOf([0, 1, 2, 3].map((x) => ({ x, y: 5 + 3 * x })));
    expect(line.perUnit).toBeCloseTo(3);
    expect(line.error).toBeCloseTo(0);
    expect(certainly(line)).toBeCloseTo(3);
  });

  it("that noise explains is not certain, and one that it does not is", () => {
    const noise = [0.4, -0.3, 0.2, -0.5, 0.5, -0.2, 0.3, -0.4, 0.1, -0.1];
    const level = slopeOf(noise.map((y, x) => ({ x: x / 100, y })));
    expect(certainly(level)).toBeLessThan(0);
    const leak = slopeOf(noise.map((y, x) => ({ x: x / 100, y: y + x })));
    expect(certainly(leak)).toBeGreaterThan(50);
  });
});

describe("descriptors", () => {
  it.skipIf(!canSee)("are told by kind, and what is more than before is left over", async () => {
    const before = descriptorsOf(process.pid);
    const held: Socket[] = [];
    const server = createServer((socket) => held.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1"); // a TCP listener has an AddressInfo
    await new Promise((resolve) => server.once("connection", resolve));
    const left = leftOver(before, descriptorsOf(process.pid));
    expect(left["tcp listening"]).toBe(1);
    expect(left["tcp established"]).toBe(2);
    expect(total(left)).toBeGreaterThanOrEqual(3);
    expect(listed(left)).toContain("1 tcp listening");
    client.destroy();
    for (const socket of held) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(listed({})).toBe("none");
  });
});

describe("a plan", () => {
  it("for hours has as many connections a minute as the usual one", () => {
    const { usual } = plans;
    expect(planFor(5).connections).toBe(usual.connections);
    expect(planFor(1).connections).toBe(usual.connections);
    const hour = planFor(60);
    expect(hour.connections / hour.loadMs).toBeCloseTo(usual.connections / usual.loadMs, 4);
  });
});
