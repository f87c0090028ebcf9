/**
 * Who leans on this core. `run` and the TUI hold one request open for as long as they live; a core that was started
 * for them stops when the last one lets go, however it went: a killed process closes its socket, too.
 */
import type { ServerResponse } from "node:http";
import { answered, ControlRefusal, type ControlRoutes, type Leases, socketRoute } from "../route.ts";

/** Whoever starts a core for itself takes its lease within a second; a starter that died never does. */
const firstLeaseWithinMs = 30_000;

export function createLeases(onUnused?: () => void): Leases {
  const held = new Set<ServerResponse>();
  let over = false;

  function unused(): void {
    if (onUnused === undefined || over) return;
    over = true;
    onUnused();
  }
  const nobodyCame = setTimeout(unused, firstLeaseWithinMs);
  nobodyCame.unref();

  return {
    grant(outgoing) {
      if (over) throw new ControlRefusal(503, "stopping", "the core is stopping");
      clearTimeout(nobodyCame);
      held.add(outgoing);
      outgoing.writeHead(200, { "content-type": "text/plain" });
      outgoing.write("held\n");
      outgoing.once("close", () => {
        held.delete(outgoing);
        if (held.size === 0) unused();
      });
    },
    close() {
      over = true;
      clearTimeout(nobodyCame);
      for (const outgoing of held) outgoing.end();
    },
  };
}

export const leaseRoutes = {
  "GET /api/lease": socketRoute({
    tag: "core",
    summary: "Held open by whoever needs the core to run",
    description: "A core that was started for its users stops when the last of them has closed this request.",
    reply: { kind: "text", about: "`held`, and nothing more until either side ends." },
    refusals: ["stopping"],
    changes: true,
  }).handle(({ incoming, outgoing }, { leases }) => {
    incoming.resume();
    leases.grant(outgoing);
    return answered;
  }),
} satisfies ControlRoutes;
