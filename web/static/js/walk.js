// The list one walks through with previous and next: as it was when its first ticket was entered, so that what is done
// or comes in meanwhile moves nobody. This tab keeps addresses only. Opens nothing.

const WALK = "hd-walk";

/** An address without the place in its page.
 * @param {string} url */
export const bare = (url) => url.split("#")[0];

/** The number of the ticket at an address; empty for a list.
 * @param {string} url */
export const ticketIn = (url) => /^\/werk\/w\/[^/]+\/([\d-]+)$/.exec(new URL(url).pathname)?.[1] ?? "";

/** The list an address belongs to: a search, or a page of a view in its order.
 * @param {string} url */
export function listOf(url) {
  const { pathname, searchParams } = new URL(url);
  const search = /^\/werk\/zoeken\/(\w+)$/.exec(pathname)?.[1] ?? searchParams.get("zoek");
  const view = /^\/werk\/w\/([^/]+)/.exec(pathname)?.[1];
  if (search) {
    return `zoek ${search}`;
  }
  return view ? [view, searchParams.get("na") ?? "", searchParams.get("volgorde") ?? ""].join(" ") : "";
}

/** The links of the rows on the screen. */
export const rowLinks = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#rijen .row a")]);

/** Take the list as it stands now as the one to walk through.
 * @param {string} url of that list, or of a ticket in it */
export function enter(url) {
  sessionStorage.setItem(WALK, JSON.stringify([listOf(url), rowLinks().map((one) => bare(one.href))]));
}

/** The addresses of the tickets of the list, in the order in which this one was entered.
 * @param {string} url @returns {string[]} */
function walk(url) {
  const [list, addresses] = JSON.parse(sessionStorage.getItem(WALK) ?? "[]");
  return list === listOf(url) && Array.isArray(addresses) ? addresses : [];
}

/** Where a ticket stands in the list as it was entered; -1 when it does not.
 * @param {string} url */
export const placeOf = (url) => walk(url).findIndex((one) => ticketIn(one) === ticketIn(url));

/** The ticket so many places further in the list as it was entered.
 * @param {string} from @param {number} step @returns {string | undefined} */
export function neighbour(from, step) {
  const at = placeOf(from);
  return at < 0 ? undefined : walk(from)[at + step];
}
