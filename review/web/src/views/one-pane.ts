/** Whether the page is so narrow that an open exchange takes the place of the list; as in base.css. */
export const isOnePane = (): boolean => matchMedia('(max-width: 900px)').matches;
