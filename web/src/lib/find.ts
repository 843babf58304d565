// A search from anywhere: the list shows what is found, the open ticket stays open beside it.
import { goto } from '$app/navigation';

import { list } from './list.svelte';

export function find(query: string): void {
  void list.search(query);
  // A phone shows one pane at a time.
  if (matchMedia('(max-width: 720px)').matches) void goto('/');
}
