/**
 * A document as a strict reader sees it: every tag balanced, every attribute quoted and said once, nothing left over. Far
 * less than a browser forgives; what it reads a browser reads the same way.
 */
export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

const voids = new Set(["meta", "link", "input", "br", "hr", "img"]);
const entity = /&(?:amp|lt|gt|quot|#39);/g;
const meanings: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

/** @throws Error that names the place where the text is no such document */
export function parseHtml(text: string): Element {
  const doctype = "<!doctype html>\n";
  if (!text.startsWith(doctype)) throw new Error("it does not begin with its doctype");
  const open: { tag: string; attributes: Record<string, string>; children: (Element | string)[] }[] = [
    { tag: "#document", attributes: {}, children: [] },
  ];
  const top = (): (typeof open)[number] => open.at(-1) ?? fail("nothing is open", 0);
  let at = doctype.length;
  while (at < text.length) {
    const next = text.indexOf("<", at);
    const end = next === -1 ? text.length : next;
    if (end > at) top().children.push(plain(text.slice(at, end), at));
    if (next === -1) break;
    const closing = /^<\/([a-z][a-z0-9]*)>/.exec(text.slice(next));
    if (closing !== null) {
      const done = open.pop();
      if (done === undefined || done.tag !== closing[1]) fail(`</${closing[1]}> closes <${done?.tag}>`, next);
      else top().children.push(done);
      at = next + closing[0].length;
      continue;
    }
    const opening = /^<([a-z][a-z0-9]*)((?: [a-z][a-z-]*(?:="[^"<]*")?)*)>/.exec(text.slice(next));
    if (opening === null) return fail(`"${text.slice(next, next + 40)}" is no tag`, next);
    const [whole, tag = "", list = ""] = opening;
    const element = { tag, attributes: attributesOf(list, next), children: [] };
    if (voids.has(tag)) top().children.push(element);
    else open.push(element);
    at = next + whole.length;
  }
  if (open.length !== 1) fail(`<${top().tag}> is not closed`, text.length);
  const found = top().children.filter((child) => typeof child !== "string" || child.trim() !== "");
  const [root, ...more] = found;
  if (typeof root !== "object" || root.tag !== "html" || more.length > 0) return fail("it is not one <html>", 0);
  return root;
}

export function all(root: Element, fits: (element: Element) => boolean): readonly Element[] {
  const below = root.children.flatMap((child) => (typeof child === "string" ? [] : all(child, fits)));
  return fits(root) ? [root, ...below] : below;
}

export function byTag(root: Element, tag: string): readonly Element[] {
  return all(root, (element) => element.tag === tag);
}

/** Its text as it is read, white space put together. */
export function textOf(element: Element): string {
  const raw = (one: Element): string =>
    one.children.map((child) => (typeof child === "string" ? child : raw(child))).join("");
  return raw(element).replace(/\s+/g, " ").trim();
}

/** What keeps a document from being read by everybody, or lets it run something; empty: nothing. */
export function complaints(root: Element): readonly string[] {
  const found: string[] = [];
  const say = (isFine: boolean, complaint: string): void => void (isFine || found.push(complaint));
  say(root.attributes["lang"] === "en", "no language");
  say(byTag(root, "title").length === 1, "not one title");
  say(byTag(root, "h1").length === 1, "not one h1");
  say(byTag(root, "main").length === 1, "not one main");
  const ids = all(root, ({ attributes }) => attributes["id"] !== undefined).map(({ attributes }) => attributes["id"]);
  say(new Set(ids).size === ids.length, "an id stands twice");
  for (const { tag, attributes } of all(root, () => true)) {
    for (const [name, value] of Object.entries(attributes)) {
      say(!name.startsWith("on") && name !== "style", `<${tag}> has ${name}`);
      say(!/^\s*javascript:/i.test(value), `<${tag} ${name}> is a script`);
    }
  }
  for (const script of byTag(root, "script")) {
    say(script.children.length === 0, "a script stands in the page");
    say(script.attributes["src"]?.startsWith("/") === true, "a script from elsewhere");
  }
  say(byTag(root, "style").length === 0, "a style stands in the page");
  for (const { attributes } of byTag(root, "link"))
    say(/^(?:\/|data:,$)/.test(attributes["href"] ?? ""), "a link from elsewhere");
  const labels = byTag(root, "label");
  for (const { attributes } of all(root, ({ tag }) => tag === "input" || tag === "textarea")) {
    const label = labels.find((each) => each.attributes["for"] === attributes["id"]);
    say(label !== undefined && textOf(label) !== "", `a field without a label: ${attributes["name"]}`);
  }
  for (const button of byTag(root, "button")) {
    say(textOf(button) !== "", "a button without a name");
    say(button.attributes["type"] !== undefined, `a button without a type: ${textOf(button)}`);
  }
  for (const set of byTag(root, "fieldset")) say(byTag(set, "legend").length === 1, "a fieldset without a legend");
  for (const { attributes } of byTag(root, "a").filter((a) => a.attributes["target"] === "_blank")) {
    say(attributes["rel"] === "noopener noreferrer", `a new tab that knows where it came from: ${attributes["href"]}`);
  }
  return found;
}

function attributesOf(list: string, at: number): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", value = ""] of list.matchAll(/ ([a-z][a-z-]*)(?:="([^"<]*)")?/g)) {
    if (attributes[name] !== undefined) fail(`${name} stands twice`, at);
    attributes[name] = plain(value, at);
  }
  return attributes;
}

function plain(text: string, at: number): string {
  if (text.replace(entity, "").includes("&")) fail(`"&" in "${text.slice(0, 40)}" is not escaped`, at);
  if (text.includes(">")) fail(`">" in "${text.slice(0, 40)}" is not escaped`, at);
  return text.replace(entity, (found) => meanings[found] ?? found);
}

function fail(why: string, at: number): never {
  throw new Error(`no document of ours: ${why} (at ${at})`);
}
