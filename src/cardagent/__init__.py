"""カードプログラム: the program beside the reader, which shows what will be signed and has the card sign it."""
