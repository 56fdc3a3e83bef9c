-- As json-postgres.sql; an embedded database is small enough to be searched at every start.
-- Without the tables, at the first start, each statement sets a variable that nobody reads.
EXECUTE IMMEDIATE (SELECT COALESCE(MAX(
  'UPDATE ACT_RU_VARIABLE SET TYPE_ = ''bytes'' WHERE TYPE_ = ''json'''
), 'SET @ABSENT = 1') FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ACT_RU_VARIABLE');;
EXECUTE IMMEDIATE (SELECT COALESCE(MAX(
  'UPDATE ACT_HI_VARINST SET VAR_TYPE_ = ''bytes'' WHERE VAR_TYPE_ = ''json'''
), 'SET @ABSENT = 1') FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ACT_HI_VARINST');;
EXECUTE IMMEDIATE (SELECT COALESCE(MAX(
  'UPDATE ACT_HI_DETAIL SET VAR_TYPE_ = ''bytes'' WHERE VAR_TYPE_ = ''json'''
), 'SET @ABSENT = 1') FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ACT_HI_DETAIL');;
