"""The sample brand itself."""

NAME = "屿珠 PEARLISLE"
TIMEZONE = "Asia/Shanghai"
CURRENCY = "CNY"
