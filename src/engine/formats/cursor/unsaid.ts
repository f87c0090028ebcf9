/** What a model may say that neither of Cursor's services has a form for. */
import type { Losses } from "../../hub/losses.ts";
import type { StreamEvent } from "../../hub/stream.ts";

export function nameUnsaid(
  event: Extract<StreamEvent, { type: "citation" | "image" | "opaque" }>,
  losses: Losses,
): void {
  switch (event.type) {
    case "citation":
      losses.add("citation", "Cursor has no form for sources");
      return;
    case "image":
      losses.add("image", "a picture the model drew cannot be shown to Cursor");
      return;
    case "opaque":
      losses.add("server-block", `a ${event.part.name} block of the upstream has no form here`);
      return;
  }
}
