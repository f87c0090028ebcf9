/** One flow as a line of a recording: whoever asks for it keeps the file. */
import { recordCall } from "../recording/record-call.ts";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { recordedCall } from "../schemas/recording.ts";

export const recordingRoutes = {
  "GET /api/flows/:id/recording": socketRoute({
    tag: "flows",
    summary: "A call as a line of a recording, with the timing of its stream",
    parameters: { id: "The flow's id." },
    reply: recordedCall,
    refusals: ["no-such-flow", "not-recordable"],
    changes: false,
  }).handle(async ({ parameters }, { flowLog, redactor }) => {
    const flow = flowLog.find(parameters.id);
    if (flow === undefined) {
      throw new ControlRefusal(404, "no-such-flow", "no flow with this id is in the log; it may have been dropped");
    }
    const recorded = await recordCall(flow, redactor);
    if (!recorded.ok) throw new ControlRefusal(409, "not-recordable", recorded.why);
    return recorded.call;
  }),
} satisfies ControlRoutes;
