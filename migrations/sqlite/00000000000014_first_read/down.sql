DROP TABLE first_read;
