import { Socket } from "node:net";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeLimits } from "../base/limits.ts";
import { createConnections } from "./connections.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(max: number) {
  const told: string[] = [];
  const limit = { max };
  const connections = createConnections({
    limits: () => makeLimits({ connections: limit.max, stalled_reader_ms: 60_000 }),
    now: () => Date.now(),
    onClosed: (why) => told.push(why),
  });
  return { connections, told, limit };
}

/** Takes nothing until it is let go. */
function reader() {
  let letGo = (): void => {};
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      letGo = done;
    },
  });
  return { stream, take: () => letGo() };
}

describe("client connections", () => {
  it("are taken up to the limit, and at the limit the one that has been idle longest makes room", () => {
    const { connections, told } = setUp(2);
    const [first, second, third] = [new Socket(), new Socket(), new Socket()];
    const place = connections.admit(first);
    connections.admit(second);
    expect(told).toEqual([]);
    // It has worked since: the second one has been idle longer now.
    place?.enter();
    place?.leave();
    expect(connections.admit(third)).not.toBeNull();
    expect([first.destroyed, second.destroyed, third.destroyed]).toEqual([false, true, false]);
    expect(told).toEqual(["shed"]);
    expect(connections.size).toBe(2);
  });

  it("with an exchange in flight are never closed for another: the newcomer is refused", () => {
    const { connections, told } = setUp(1);
    const working = new Socket();
    const place = connections.admit(working);
    place?.enter();
    place?.enter();
    place?.leave();
    expect(connections.admit(new Socket())).toBeNull();
    expect(told).toEqual(["refused"]);
    expect(working.destroyed).toBe(false);
    place?.leave();
    expect(connections.admit(new Socket())).not.toBeNull();
    expect(working.destroyed).toBe(true);
  });

  it("leave their place when they close, and their late words change nothing", () => {
    const { connections } = setUp(1);
    const gone = new Socket();
    const place = connections.admit(gone);
    place?.enter();
    gone.emit("close");
    place?.leave();
    expect(connections.size).toBe(0);
    expect(connections.placeOf(gone)).toBeNull();
  });

  it("beyond a limit that a reload made smaller go as soon as they are idle", () => {
    const { connections, limit } = setUp(4);
    const sockets = Array.from({ length: 4 }, () => new Socket());
    for (const socket of sockets) connections.admit(socket);
    limit.max = 2;
    connections.admit(new Socket());
    expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(3);
    expect(connections.size).toBe(2);
  });

  it("whose client takes nothing are broken when the time is over, and not before", () => {
    const { connections, told } = setUp(8);
    // It has no connection that could be reset, and says so.
    const socket = new Socket().on("error", () => {});
    const { stream, take } = reader();
    connections.admit(socket)?.watch(stream);
    stream.write("one");
    stream.write("two");
    vi.advanceTimersByTime(55_000);
    // A little, but something.
    take();
    vi.advanceTimersByTime(55_000);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(["stalled"]);
    expect(socket.destroyed).toBe(true);
    vi.advanceTimersByTime(600_000);
    expect(told).toEqual(["stalled"]);
  });

  it("that are quiet because there is nothing to read stay for ever", () => {
    const { connections, told } = setUp(8);
    connections.admit(new Socket())?.watch(reader().stream);
    vi.advanceTimersByTime(3_600_000);
    expect(told).toEqual([]);
    connections.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
