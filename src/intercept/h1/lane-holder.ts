/**
 * The upstream lane of one client connection. Listeners are attached once per lane and forwarded to whoever is in
 * charge now (the exchange in flight, or nobody): attaching five listeners per request cost more than parsing its head.
 */
import type { DialTarget } from "../upstream/dial.ts";
import type { Lane, Lanes } from "../upstream/lanes.ts";

export interface LaneUser {
  onUpstreamData(bytes: Buffer): void;
  onUpstreamEnd(): void;
  onUpstreamDrain(): void;
  /** The lane is gone; `error` is null when it just closed. */
  onUpstreamClose(error: Error | null): void;
}

/** `held`: used by this client connection before; `lent`: by another one; `dialled`: nobody yet. */
export type LaneOrigin = "held" | "lent" | "dialled";

export interface LaneHolder {
  readonly lane: Lane | null;
  user: LaneUser | null;
  /** Holds a lane that another connection has left, at once; null when there is none. */
  borrow(): Lane | null;
  /** The lane held already, or a lent or new one (`fresh`: never a lent one). */
  take(signal: AbortSignal, fresh: boolean): Promise<{ readonly lane: Lane; readonly origin: LaneOrigin }>;
  /** Puts a clean lane up for lending and forgets it. */
  release(): void;
  destroy(): void;
}

/** `onIdleLoss` is called when the lane ends while no exchange uses it: the client should see its own connection close. */
export function createLaneHolder(lanes: Lanes, target: DialTarget, onIdleLoss: () => void): LaneHolder {
  let failure: Error | null = null;

  const onData = (bytes: Buffer): void => {
    if (holder.user === null) lost();
    else holder.user.onUpstreamData(bytes);
  };
  const onEnd = (): void => {
    if (holder.user === null) lost();
    else holder.user.onUpstreamEnd();
  };
  const onDrain = (): void => holder.user?.onUpstreamDrain();
  const onError = (error: Error): void => {
    failure = error;
  };
  const onClose = (): void => {
    const { user } = holder;
    const cause = failure;
    detach();
    if (user === null) onIdleLoss();
    else user.onUpstreamClose(cause);
  };
  const lost = (): void => {
    holder.destroy();
    onIdleLoss();
  };

  const attach = (next: Lane): void => {
    holder.lane = next;
    failure = null;
    next.socket.on("data", onData).on("end", onEnd).on("drain", onDrain).on("error", onError).on("close", onClose);
  };
  const detach = (): Lane | null => {
    const was = holder.lane;
    holder.lane = null;
    was?.socket.off("data", onData).off("end", onEnd).off("drain", onDrain).off("error", onError).off("close", onClose);
    return was;
  };

  // No getter for `lane`: V8 takes 5 µs to define the accessor of a literal, and each connection makes one of these.
  const holder: LaneHolder & { lane: Lane | null } = {
    lane: null,
    user: null,
    borrow() {
      const next = lanes.lend(target);
      if (next !== null) attach(next);
      return next;
    },
    async take(signal, fresh) {
      if (holder.lane !== null) return { lane: holder.lane, origin: "held" };
      let next = await lanes.take(target, signal);
      while (fresh && next.reused) {
        next.socket.on("error", () => {});
        next.socket.destroy();
        next = await lanes.take(target, signal);
      }
      if (signal.aborted) {
        next.socket.on("error", () => {});
        next.socket.destroy();
        throw signal.reason;
      }
      attach(next);
      return { lane: next, origin: next.reused ? "lent" : "dialled" };
    },
    release() {
      const was = detach();
      if (was !== null) lanes.giveBack(target, was);
    },
    destroy() {
      const was = detach();
      was?.socket.on("error", () => {});
      was?.socket.destroy();
    },
  };
  return holder;
}
