DROP TABLE contributing_items;
