"""A hundred letters of one page: the product's print file on both cores, against WeasyPrint alone on the same HTML with
fonts and stylesheet read once, in one process."""
