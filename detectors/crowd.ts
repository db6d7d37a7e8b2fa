/** Those who are there at the moment, in no order. An array and not a `Set`: once a table of V8's `Set` or `Map` is old,
 *  it keeps the tables that took its place, and with them whoever stood there when they did, until the next collection of
 *  the whole heap. Where exchanges come and go that is most of them. */
export interface Crowd<Member> {
  /** @returns lets the member leave; called again it does nothing */
  join(member: Member): () => void;
  /** Those who are there now. */
  members(): readonly Member[];
}

export function createCrowd<Member>(): Crowd<Member> {
  const places: { readonly member: Member; at: number }[] = [];
  return {
    join(member) {
      const place = { member, at: places.length };
      places.push(place);
      return () => {
        if (places[place.at] !== place) return;
        const last = places.pop();
        if (last === undefined || last === place) return;
        places[place.at] = last;
        last.at = place.at;
        place.at = -1;
      };
    },
    members: () => places.map(({ member }) => member),
  };
}
