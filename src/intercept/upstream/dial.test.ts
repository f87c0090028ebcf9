import { createSecureContext } from "node:tls";
import { expect, it } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { createDestinationGuard } from "./destination.ts";
import { createDial } from "./dial.ts";

it("a name server that never answers is waited for as long as a connection is, and no longer", async () => {
  const asked: string[] = [];
  const silent = ((name: string) => void asked.push(name)) as never; // never calls back, whatever is asked of it
  const guard = createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [], resolve: silent });
  const dial = createDial({
    guard,
    secureContext: () => createSecureContext(),
    connectTo: () => ({}),
    connectTimeoutMs: () => 50,
    outbound: () => null,
    hop: "aaaaaaaaaaaa",
    clock: systemClock,
  });
  const dialled = dial({ host: "api.anthropic.com", port: 443, purpose: "client", tls: { alpn: [] } });
  await expect(dialled).rejects.toMatchObject({ failure: "connect-timeout" });
  expect(asked).toEqual(["api.anthropic.com"]);
});
