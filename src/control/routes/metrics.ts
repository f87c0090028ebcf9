/** The core's figures: as JSON, or as text for Prometheus where that is asked for. */
import type { ServerResponse } from "node:http";
import * as v from "valibot";
import { answered, type ControlRoutes, socketRoute } from "../route.ts";
import { metrics } from "../schemas/metrics.ts";
import { oneOf } from "../schemas/words.ts";

export const metricsRoutes = {
  "GET /api/metrics": socketRoute({
    tag: "core",
    summary: "Figures of the core since its start",
    description: "As text for Prometheus with `?format=prometheus`, or where `Accept` asks for text.",
    query: { format: v.exactOptional(oneOf(["json", "prometheus"], "Default: as `Accept` says.")) },
    reply: { kind: "either", json: metrics, text: "Prometheus's text format, version 0.0.4." },
    changes: false,
  }).handle(async ({ query, incoming, outgoing }, { controls }) => {
    if (!wantsText(query.format, incoming.headers.accept ?? "")) return controls.metrics();
    sendText(outgoing, await controls.metricsText());
    return answered;
  }),
} satisfies ControlRoutes;

/** Of Prometheus's text format, version 0.0.4. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

function wantsText(format: "json" | "prometheus" | undefined, accept: string): boolean {
  if (format !== undefined) return format === "prometheus";
  return /\btext\/plain\b|\bapplication\/openmetrics-text\b/i.test(accept);
}

function sendText(outgoing: ServerResponse, text: string): void {
  const body = Buffer.from(text);
  outgoing.writeHead(200, { "content-type": metricsContentType, "content-length": body.byteLength });
  outgoing.end(body);
}
