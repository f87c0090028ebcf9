/** A title for a conversation from its own first words: no model is asked, and none is imitated. */

/** Only the beginning is looked at, however much was pasted. */
const maxRead = 4_000;
const maxTitleChars = 60;

/** At most so many words of what the user said; `Conversation` where they said none. */
export function titleOf(said: string, maxWords: number): string {
  const line = said
    .slice(0, maxRead)
    // `<session>`, `<command-name>` and the like: the CLI's own marks around what was said.
    .replace(/<\/?[a-z][a-z0-9-]{0,40}>/gi, " ")
    .split("\n")
    .map((each) => each.replace(/^[\s#>*`-]+/, "").replace(/^(?:user|human):\s*/i, ""))
    .find((each) => /[\p{L}\p{N}]/u.test(each));
  const words = (line ?? "").split(/\s+/).filter((word) => word !== "");
  let title = "";
  for (const word of words.slice(0, maxWords)) {
    const longer = title === "" ? word : `${title} ${word}`;
    if (longer.length > maxTitleChars && title !== "") break;
    title = longer;
  }
  // Whole characters: scripts without spaces are one long word.
  const cut = Array.from(title)
    .slice(0, maxTitleChars)
    .join("")
    .replace(/[\s.,:;!?…"'`]+$/u, "");
  return cut === "" ? "Conversation" : cut.charAt(0).toUpperCase() + cut.slice(1);
}
